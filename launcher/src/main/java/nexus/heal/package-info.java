@NullMarked
package nexus.heal;

import org.jspecify.annotations.NullMarked;
