/**
 * The content-addressed store below {@code $NEXUS_HOME}: objects, tree manifests, chunk maps,
 * checkouts, quarantine.
 *
 * <p>{@link nexus.cas.NexusHome} opens it; {@link nexus.cas.ObjectStore} keeps file contents,
 * {@link nexus.cas.TreeStore} what trees are made of, {@link nexus.cas.Checkouts} what apps see,
 * {@link nexus.cas.TreeVerifier} says whether that is what it should be. Everything that is read
 * passes {@link nexus.cas.Gate}; everything that is written passes {@link nexus.cas.Staging}.
 */
@NullMarked
package nexus.cas;

import org.jspecify.annotations.NullMarked;
