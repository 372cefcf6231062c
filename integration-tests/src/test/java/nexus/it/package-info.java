/**
 * Nexus as its users have it: the built distribution, started as a program, on real files and the
 * real kernel. {@link nexus.it.Nexus} starts it.
 */
@NullMarked
package nexus.it;

import org.jspecify.annotations.NullMarked;
