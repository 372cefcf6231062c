@NullMarked
package nexus.trust;

import org.jspecify.annotations.NullMarked;
