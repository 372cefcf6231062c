/**
 * The commands: each reads its command line, calls one of the packages below, and says what came of
 * it.
 */
@NullMarked
package nexus.cli;

import org.jspecify.annotations.NullMarked;
