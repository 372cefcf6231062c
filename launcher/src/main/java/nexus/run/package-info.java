/**
 * The launch: resolve, verify, heal, plan, hand over to the client.
 *
 * <p>{@link MountNamespace} carries out a sandbox plan.
 */
@NullMarked
package nexus.run;

import org.jspecify.annotations.NullMarked;
