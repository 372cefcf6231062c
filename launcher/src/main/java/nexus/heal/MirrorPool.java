package nexus.heal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nexus.fetch.FetchException;
import nexus.fetch.Mirror;

/**
 * The mirrors that are worth asking. One that cannot be reached, or not in reasonable time, is
 * asked once and not again for every object: that bounds how long healing takes.
 */
final class MirrorPool {
  private final List<Mirror> mirrors;
  private final HealProgress progress;

  // Mutable state
  private final Map<Mirror, String> givenUp = new HashMap<>();
  private final Set<String> complaints = new LinkedHashSet<>();

  MirrorPool(List<Mirror> mirrors, HealProgress progress) {
    this.mirrors = List.copyOf(mirrors);
    this.progress = progress;
  }

  /** Returns the mirrors to ask now, in order, and notes in {@code reasons} which are not. */
  List<Mirror> worthAsking(List<String> reasons) {
    var worth = new ArrayList<Mirror>();
    for (Mirror mirror : mirrors) {
      String why = givenUp.get(mirror);
      if (why == null) {
        worth.add(mirror);
      } else {
        reasons.add(why);
      }
    }
    return worth;
  }

  /** Notes that a mirror failed. */
  void failed(Mirror mirror, FetchException failure, List<String> reasons) {
    String sentence = String.valueOf(failure.getMessage());
    reasons.add(sentence);
    switch (failure) {
      case FetchException.Unreachable _ -> {
        givenUp.put(mirror, sentence);
        complain(sentence);
      }
      case FetchException.BadAnswer _, FetchException.BadSetting _ -> complain(sentence);
      // That a mirror does not have everything is no fault of it.
      case FetchException.Absent _, FetchException.BadAddress _, FetchException.NotExported _ -> {}
    }
  }

  /** Notes a sentence about a source for the report. */
  void complain(String sentence) {
    if (complaints.add(sentence)) {
      progress.complaint(sentence);
    }
  }

  List<String> complaints() {
    return List.copyOf(complaints);
  }

  /** Returns what somebody can do where no source has good bytes. */
  String advice() {
    return mirrors.isEmpty()
        ? "no mirror is configured; add one with: nexus mirror add URL"
        : "add a mirror that has good bytes with: nexus mirror add URL, or install the app again";
  }
}
