/** Rules that the code of all modules keeps. */
@NullMarked
package nexus;

import org.jspecify.annotations.NullMarked;
