package nexus.run;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import nexus.fetch.ProgressLine;
import nexus.heal.HealLine;
import nexus.heal.HealProgress;

/** What the user is told while an app is about to be started, through the client. */
final class LaunchMessages {
  private final LaunchRequest request;
  private final LaunchReply reply;

  // Mutable state
  private final Set<String> said = new HashSet<>();

  LaunchMessages(LaunchRequest request, LaunchReply reply) {
    this.request = request;
    this.reply = reply;
  }

  /** Says a sentence on standard error, once. */
  void say(String sentence) {
    if (said.add(sentence)) {
      send("nexus: " + sentence + "\n");
    }
  }

  /** Starts a progress line, which shows nothing where standard error is no terminal. */
  ProgressLine progress(String doing) {
    return new ProgressLine(
        text -> {
          if (request.terminal()) {
            send(text);
          }
        },
        request.columns(),
        System::nanoTime,
        doing);
  }

  /** Returns what shows how healing goes on. */
  HealProgress healing(String app) {
    return new HealLine(progress("healing " + app), this::say);
  }

  private void send(String text) {
    try {
      reply.stderr(text);
    } catch (IOException e) {
      // The client has gone; the frame that ends the launch will find that out, too.
    }
  }
}
