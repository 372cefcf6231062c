@NullMarked
package nexus.merkle;

import org.jspecify.annotations.NullMarked;
