/**
 * The resident launcher: one process per user and store, which answers clients on a socket until
 * nobody has asked for long enough.
 *
 * <p>{@link Agent} is the entry point.
 */
@NullMarked
package nexus.agent;

import org.jspecify.annotations.NullMarked;
