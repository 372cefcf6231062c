/**
 * Transactions that change what is installed: {@link nexus.install.Importer}, {@link
 * nexus.install.Remover}; {@link nexus.install.InstalledApps} is the record of it, whose
 * replacement is each transaction's commit.
 */
@NullMarked
package nexus.install;

import org.jspecify.annotations.NullMarked;
