package nexus.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import nexus.trust.Release;
import nexus.trust.ReleaseEnvelope;

/** What {@code --json} prints. */
final class Json {
  private static final JsonFactory FACTORY =
      JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

  private Json() {}

  /**
   * Returns a writer that ends its output with a line feed when it is closed, and leaves {@code
   * out} open.
   */
  static JsonGenerator generator(OutputStream out) throws IOException {
    return FACTORY.createGenerator(out).setPrettyPrinter(new DefaultPrettyPrinter());
  }

  /** Writes a release as an object. */
  static void write(JsonGenerator out, ReleaseEnvelope envelope) throws IOException {
    Release release = envelope.release();
    out.writeStartObject();
    out.writeStringField("name", release.name());
    out.writeStringField("version", release.version());
    out.writeNumberField("sequence", release.sequence());
    out.writeStringField("architecture", release.architecture());
    out.writeStringField("trust", envelope.trust());
    out.writeStringField("tree", release.tree().hex());
    out.writeStringField("entrypoint", release.entrypoint());
    out.writeObjectFieldStart("environment");
    for (Map.Entry<String, String> variable : release.environment().entrySet()) {
      out.writeStringField(variable.getKey(), variable.getValue());
    }
    out.writeEndObject();
    out.writeEndObject();
  }
}
