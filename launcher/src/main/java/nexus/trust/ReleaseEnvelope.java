package nexus.trust;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import nexus.merkle.Digest;
import nexus.merkle.MerkleException;

/**
 * A release with the signatures over it: a DSSE envelope (Dead Simple Signing Envelope, version 1)
 * of the payload type {@code application/vnd.nexus.release+json}; docs/formats/release.md.
 *
 * <p>A local import is unsigned: its list of signatures is empty. An envelope that has signatures
 * is refused, as nothing here can check them.
 *
 * @param release the payload
 */
public record ReleaseEnvelope(Release release) {
  /** The longest envelope, in bytes. */
  public static final int MAX_BYTES = 1 << 20;

  private static final String PAYLOAD_TYPE = "application/vnd.nexus.release+json";
  private static final int SCHEMA = 1;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(4)
                  .maxStringLength(MAX_BYTES)
                  .maxNameLength(256)
                  .build())
          .build();

  /** Returns who vouches for the release, for people. */
  public String trust() {
    return "local, unsigned";
  }

  /** Returns the envelope in bytes, the same for the same release. */
  public byte[] encode() throws IOException {
    var out = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("payloadType", PAYLOAD_TYPE);
      json.writeBinaryField("payload", encodePayload());
      json.writeArrayFieldStart("signatures");
      json.writeEndArray();
      json.writeEndObject();
    }
    out.write('\n');
    return out.toByteArray();
  }

  private byte[] encodePayload() throws IOException {
    var out = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeNumberField("schema", SCHEMA);
      json.writeStringField("name", release.name());
      json.writeStringField("version", release.version());
      json.writeNumberField("sequence", release.sequence());
      json.writeStringField("architecture", release.architecture());
      json.writeStringField("tree", release.tree().hex());
      json.writeStringField("entrypoint", release.entrypoint());
      json.writeObjectFieldStart("environment");
      for (Map.Entry<String, String> variable : release.environment().entrySet()) {
        json.writeStringField(variable.getKey(), variable.getValue());
      }
      json.writeEndObject();
      json.writeEndObject();
    }
    return out.toByteArray();
  }

  /**
   * Returns the envelope that these bytes are.
   *
   * @param source where they were read from, for messages
   */
  public static ReleaseEnvelope decode(String source, byte[] bytes) throws TrustException {
    try (JsonParser json = JSON.createParser(bytes)) {
      return new ReleaseEnvelope(decodePayload(readEnvelope(json)));
    } catch (JsonProcessingException e) {
      throw new TrustException.Malformed(source, e.getOriginalMessage());
    } catch (IOException | MerkleException e) {
      throw new TrustException.Malformed(source, String.valueOf(e.getMessage()));
    }
  }

  private static byte[] readEnvelope(JsonParser json) throws IOException {
    byte[] payload = {};
    Set<String> seen = new HashSet<>();
    expect(json, json.nextToken(), JsonToken.START_OBJECT);
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String field = json.currentName();
      seen.add(field);
      json.nextToken();
      switch (field) {
        case "payloadType" -> {
          if (!string(json).equals(PAYLOAD_TYPE)) {
            throw new TrustException.Invalid("its payload is of another type");
          }
        }
        case "payload" -> {
          expect(json, json.currentToken(), JsonToken.VALUE_STRING);
          payload = json.getBinaryValue();
        }
        case "signatures" -> {
          expect(json, json.currentToken(), JsonToken.START_ARRAY);
          if (json.nextToken() != JsonToken.END_ARRAY) {
            throw new TrustException.Invalid("it has signatures, which this version cannot check");
          }
        }
        default -> throw unknown(field);
      }
    }
    end(json);
    if (seen.size() != 3) {
      throw new TrustException.Invalid("it has only the members " + seen);
    }
    return payload;
  }

  private static Release decodePayload(byte[] payload) throws IOException, MerkleException {
    Map<String, String> strings = new TreeMap<>();
    Map<String, String> environment = new TreeMap<>();
    long sequence = 0;
    boolean schema = false;
    try (JsonParser json = JSON.createParser(payload)) {
      expect(json, json.nextToken(), JsonToken.START_OBJECT);
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "schema" -> {
            schema = true;
            if (number(json) != SCHEMA) {
              throw new TrustException.Invalid("its schema is not " + SCHEMA);
            }
          }
          case "sequence" -> sequence = number(json);
          case "name", "version", "architecture", "tree", "entrypoint" ->
              strings.put(field, string(json));
          case "environment" -> {
            expect(json, json.currentToken(), JsonToken.START_OBJECT);
            while (json.nextToken() == JsonToken.FIELD_NAME) {
              String name = json.currentName();
              json.nextToken();
              environment.put(name, string(json));
            }
          }
          default -> throw unknown(field);
        }
      }
      end(json);
    }
    if (!schema) {
      throw new TrustException.Invalid("it has no schema");
    }
    Release release =
        new Release(
            take(strings, "name"),
            take(strings, "version"),
            sequence,
            take(strings, "architecture"),
            Digest.parse(take(strings, "tree")),
            take(strings, "entrypoint"),
            environment);
    release.check();
    return release;
  }

  private static String take(Map<String, String> strings, String field) throws TrustException {
    String value = strings.get(field);
    if (value == null) {
      throw new TrustException.Invalid("it has no " + field);
    }
    return value;
  }

  private static String string(JsonParser json) throws IOException {
    expect(json, json.currentToken(), JsonToken.VALUE_STRING);
    return json.getText();
  }

  private static long number(JsonParser json) throws IOException {
    expect(json, json.currentToken(), JsonToken.VALUE_NUMBER_INT);
    return json.getLongValue();
  }

  private static void expect(JsonParser json, JsonToken found, JsonToken wanted)
      throws TrustException {
    if (found != wanted) {
      throw new TrustException.Invalid(
          "line " + json.currentLocation().getLineNr() + " has not the expected " + wanted);
    }
  }

  private static void end(JsonParser json) throws IOException {
    expect(json, json.currentToken(), JsonToken.END_OBJECT);
    if (json.nextToken() != null) {
      throw new TrustException.Invalid("something follows its end");
    }
  }

  private static TrustException unknown(String field) {
    return new TrustException.Invalid("it has the unknown member \"" + field + "\"");
  }
}
