/**
 * What the bytes of a file are: fs-verity digests, Merkle entries, chunk maps, and hashing on all
 * cores.
 *
 * <p>Most callers need {@link nexus.merkle.ParallelHasher}, which hashes files that enter a store
 * and verifies files that are about to run, and {@link nexus.merkle.ChunkMap}, which tells the good
 * chunks of a tainted file from the bad ones. The package knows no file names: bytes come from a
 * {@link nexus.merkle.ByteSource}.
 */
@NullMarked
package nexus.merkle;

import org.jspecify.annotations.NullMarked;
