package nexus.heal;

import java.io.IOException;
import java.util.List;
import nexus.cas.FileSource;
import nexus.cas.Staging;
import nexus.cas.TreeEntry;
import nexus.fetch.FetchException;
import nexus.fetch.Mirror;
import nexus.fetch.MirrorRange;
import nexus.merkle.Digest;
import nexus.merkle.FsVerity;
import org.jspecify.annotations.Nullable;

/** Fetches all of a file: one of a single chunk, or one of which no chunk map is to be had. */
final class WholeFiles {
  private final Verification verification;
  private final MirrorPool mirrors;
  private final HealProgress progress;

  WholeFiles(Verification verification, MirrorPool mirrors, HealProgress progress) {
    this.verification = verification;
    this.mirrors = mirrors;
    this.progress = progress;
  }

  /** Fills the staged file; returns null if no mirror has good bytes, for reasons added. */
  HealReport.@Nullable Healed fetch(
      TreeEntry.RegularFile file, Staging.StagedFile staged, List<String> reasons)
      throws IOException, InterruptedException {
    Digest object = file.content().verity();
    long size = file.content().size();
    int chunks = FsVerity.chunkCount(size);
    byte[] buffer = new byte[(int) Math.min(size, FsVerity.CHUNK_SIZE)];
    for (Mirror mirror : mirrors.worthAsking(reasons)) {
      progress.fetching(file.path(), mirror.url(), chunks, size);
      try (MirrorRange range = mirror.object(object, size, 0, size)) {
        for (int chunk = 0; chunk < chunks; chunk++) {
          int length = FsVerity.chunkLength(size, chunk);
          range.read(buffer, length);
          progress.fetched(mirror.url(), length);
          staged.write(buffer, length, FsVerity.chunkOffset(chunk));
        }
        range.end();
      } catch (FetchException e) {
        mirrors.failed(mirror, e, reasons);
        continue;
      }
      if (verification.isGood(new FileSource(staged.fd()), object, size)) {
        return new HealReport.Healed(mirror.url().toString(), chunks, size);
      }
      String sentence = mirror.url() + " sent other bytes than object " + object + " has";
      reasons.add(sentence);
      mirrors.complain(sentence);
    }
    return null;
  }
}
