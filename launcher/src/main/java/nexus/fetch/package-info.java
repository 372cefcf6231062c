/**
 * Bytes from elsewhere: mirrors of objects, chunk maps and tree manifests, the list of them, and
 * the making of one.
 *
 * <p>{@link nexus.fetch.Fetcher} opens a {@link nexus.fetch.Mirror}; {@link nexus.fetch.MirrorList}
 * keeps their addresses; {@link nexus.fetch.MirrorExport} writes one. Nothing that a mirror says is
 * believed here or elsewhere: this package bounds how much it says and how long it takes, whoever
 * uses the bytes verifies them.
 */
@NullMarked
package nexus.fetch;

import org.jspecify.annotations.NullMarked;
