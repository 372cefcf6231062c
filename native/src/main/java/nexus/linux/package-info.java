/**
 * Linux, one Java method per system call, named and documented by its man page. No method here
 * decides anything.
 *
 * <p>{@link FileCalls}, {@link MountCalls}, {@link ProcessCalls} and {@link SocketCalls} are the
 * calls; {@link OwnedFd} owns a descriptor, {@link LinuxPath} is a path as the kernel sees it,
 * {@link SyscallException} is a failed call. {@link Posix} asks the user database through
 * jnr-posix.
 *
 * <p>This is the only package that sees JNA, and the only one in which a descriptor is a number.
 */
@NullMarked
package nexus.linux;

import org.jspecify.annotations.NullMarked;
