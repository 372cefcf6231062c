@NullMarked
package nexus.install;

import org.jspecify.annotations.NullMarked;
