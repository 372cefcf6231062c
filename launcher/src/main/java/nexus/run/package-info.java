@NullMarked
package nexus.run;

import org.jspecify.annotations.NullMarked;
