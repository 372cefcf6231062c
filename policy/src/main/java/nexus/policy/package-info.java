/**
 * What an app may see and do, as pure rules: no class here reads a file or makes a system call.
 *
 * <p>{@link Profile} compiles what is known of the host ({@link HostFacts}, {@link MountTable}) and
 * the app's own tree into a {@link SandboxPlan}: the ordered {@link Step}s that build the app's
 * root file system, and the {@link Namespace}s that the client unshares afterwards. Whoever carries
 * out a plan decides nothing; whoever prints it shows everything.
 */
@NullMarked
package nexus.policy;

import org.jspecify.annotations.NullMarked;
