/**
 * Measures nexus against other programs, whole process against whole process: {@link
 * nexus.bench.Bench}.
 */
@NullMarked
package nexus.bench;

import org.jspecify.annotations.NullMarked;
