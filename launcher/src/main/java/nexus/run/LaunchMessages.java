package nexus.run;

import java.io.IOException;
import nexus.fetch.MirrorUrl;
import nexus.fetch.ProgressLine;
import nexus.heal.HealProgress;
import nexus.heal.HealReport;
import nexus.linux.LinuxPath;

/** What the user is told while an app is about to be started, through the client. */
final class LaunchMessages {
  private final LaunchRequest request;
  private final LaunchReply reply;

  LaunchMessages(LaunchRequest request, LaunchReply reply) {
    this.request = request;
    this.reply = reply;
  }

  /** Says a sentence on standard error. */
  void say(String sentence) {
    send("nexus: " + sentence + "\n");
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
    return new HealProgress() {
      private final ProgressLine line = progress("healing " + app);
      private long total;

      @Override
      public void fetching(LinuxPath path, MirrorUrl mirror, int chunks, long bytes) {
        total += bytes;
        line.total(0, total);
      }

      @Override
      public void fetched(MirrorUrl mirror, long bytes) {
        line.addBytes(bytes);
      }

      @Override
      public void complaint(String sentence) {
        line.close();
        say(sentence);
      }

      @Override
      public void finished(HealReport.Item item) {
        line.close();
      }
    };
  }

  private void send(String text) {
    try {
      reply.stderr(text);
    } catch (IOException e) {
      // The client has gone; the frame that ends the launch will find that out, too.
    }
  }
}
