/**
 * What is installed and who vouches for it: {@link nexus.trust.Release}, in the {@link
 * nexus.trust.ReleaseEnvelope} that carries its signatures.
 */
@NullMarked
package nexus.trust;

import org.jspecify.annotations.NullMarked;
