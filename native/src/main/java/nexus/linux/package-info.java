@NullMarked
package nexus.linux;

import org.jspecify.annotations.NullMarked;
