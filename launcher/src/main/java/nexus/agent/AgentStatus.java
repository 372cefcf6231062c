package nexus.agent;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.io.StringWriter;
import java.time.Duration;
import nexus.fetch.ProgressLine;

/**
 * What the agent says of itself.
 *
 * @param build identity of the installation that it runs
 * @param launches since it started, those under way included
 * @param residentBytes of physical memory that it uses
 */
record AgentStatus(
    int pid,
    String version,
    String build,
    Duration uptime,
    Duration idleExit,
    long launches,
    int underWay,
    long residentBytes) {
  private static final JsonFactory JSON = new JsonFactory();

  /** Returns lines for people. */
  String text() {
    return "agent      process "
        + pid
        + "\n"
        + "version    "
        + version
        + "\n"
        + "build      "
        + build
        + "\n"
        + "up         "
        + time(uptime)
        + "\n"
        + "idle exit  after "
        + time(idleExit)
        + "\n"
        + "launches   "
        + launches
        + ", under way "
        + underWay
        + "\n"
        + "memory     "
        + ProgressLine.size(residentBytes)
        + "\n";
  }

  private static String time(Duration time) {
    if (time.toHours() > 0) {
      return time.toHours() + " h " + time.toMinutesPart() + " min";
    }
    return time.toMinutes() > 0
        ? time.toMinutes() + " min " + time.toSecondsPart() + " s"
        : time.toSeconds() + " s";
  }

  /** Returns one object. */
  String json() throws IOException {
    var text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(text)) {
      out.setPrettyPrinter(new DefaultPrettyPrinter());
      out.writeStartObject();
      out.writeNumberField("pid", pid);
      out.writeStringField("version", version);
      out.writeStringField("build", build);
      out.writeNumberField("uptimeSeconds", uptime.toSeconds());
      out.writeNumberField("idleExitSeconds", idleExit.toSeconds());
      out.writeNumberField("launches", launches);
      out.writeNumberField("launchesUnderWay", underWay);
      out.writeNumberField("residentBytes", residentBytes);
      out.writeEndObject();
    }
    return text + "\n";
  }
}
