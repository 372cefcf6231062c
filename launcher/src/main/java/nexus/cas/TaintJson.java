package nexus.cas;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import nexus.merkle.Digest;
import nexus.merkle.MerkleException;
import nexus.merkle.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * Taint records as JSON (docs/formats/taints.md), one sequence of bytes for one list of records.
 * What is read was written by anybody: unknown members, missing ones and other types are malformed.
 */
final class TaintJson {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final int VERSION = 1;

  private TaintJson() {}

  static byte[] encode(List<TaintRecord> records) {
    var out = new ByteArrayOutputStream();
    try (JsonGenerator json = FACTORY.createGenerator(out, JsonEncoding.UTF8)) {
      json.useDefaultPrettyPrinter();
      json.writeStartObject();
      json.writeNumberField("version", VERSION);
      json.writeArrayFieldStart("taints");
      for (TaintRecord each : records) {
        write(json, each);
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new IllegalStateException("memory does not fail", e);
    }
    return out.toByteArray();
  }

  private static void write(JsonGenerator json, TaintRecord taint) throws IOException {
    json.writeStartObject();
    json.writeStringField("when", taint.when().toString());
    json.writeStringField("by", taint.by());
    json.writeStringField("tree", taint.tree().hex());
    json.writeStringField("path", taint.path());
    json.writeStringField("problem", taint.problem());
    Digest object = taint.object();
    if (object != null) {
      json.writeStringField("object", object.hex());
    }
    if (taint.taintedChunks() >= 0) {
      json.writeNumberField("taintedChunks", taint.taintedChunks());
    }
    json.writeArrayFieldStart("chunks");
    for (Verdict.TaintedChunk chunk : taint.chunks()) {
      json.writeStartObject();
      json.writeNumberField("index", chunk.index());
      json.writeStringField("expected", chunk.expected().hex());
      Digest found = chunk.found();
      if (found != null) {
        json.writeStringField("found", found.hex());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    switch (taint.outcome()) {
      case TaintRecord.Outcome.Healed(String source) -> json.writeStringField("healedFrom", source);
      case TaintRecord.Outcome.NotHealed(List<String> reasons) -> {
        json.writeArrayFieldStart("notHealed");
        for (String reason : reasons) {
          json.writeString(reason);
        }
        json.writeEndArray();
      }
    }
    json.writeEndObject();
  }

  /**
   * Returns the records that {@code bytes} hold.
   *
   * @param source what the bytes were read from, for messages
   */
  static List<TaintRecord> decode(String source, byte[] bytes) throws StoreException.Malformed {
    var records = new ArrayList<TaintRecord>();
    try (JsonParser json = FACTORY.createParser(bytes)) {
      expect(json, JsonToken.START_OBJECT);
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        switch (json.currentName()) {
          case "version" -> {
            if (number(json) != VERSION) {
              throw new IOException("has another version than " + VERSION);
            }
          }
          case "taints" -> {
            expect(json, JsonToken.START_ARRAY);
            while (json.nextToken() == JsonToken.START_OBJECT) {
              records.add(read(json));
            }
          }
          default -> throw unknown(json);
        }
      }
      return records;
    } catch (IOException | MerkleException.MalformedHash | DateTimeException e) {
      String why = e instanceof StoreException ? "" : String.valueOf(e.getMessage());
      throw new StoreException.Malformed(
          source, "is no taint record: " + why.lines().findFirst().orElse(""));
    }
  }

  private static TaintRecord read(JsonParser json)
      throws IOException, MerkleException.MalformedHash {
    @Nullable Instant when = null;
    @Nullable Digest tree = null;
    @Nullable Digest object = null;
    TaintRecord.@Nullable Outcome outcome = null;
    String by = "";
    String path = "";
    String problem = "";
    int taintedChunks = -1;
    var chunks = new ArrayList<Verdict.TaintedChunk>();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      switch (json.currentName()) {
        case "when" -> when = Instant.parse(text(json));
        case "by" -> by = text(json);
        case "tree" -> tree = Digest.parse(text(json));
        case "path" -> path = text(json);
        case "problem" -> problem = text(json);
        case "object" -> object = Digest.parse(text(json));
        case "taintedChunks" -> taintedChunks = number(json);
        case "chunks" -> readChunks(json, chunks);
        case "healedFrom" -> outcome = new TaintRecord.Outcome.Healed(text(json));
        case "notHealed" -> outcome = new TaintRecord.Outcome.NotHealed(texts(json));
        default -> throw unknown(json);
      }
    }
    if (when == null || tree == null || outcome == null) {
      throw new IOException("a record has no time, tree or outcome");
    }
    if (chunks.size() > TaintRecord.MAX_CHUNKS) {
      throw new IOException("a record lists " + chunks.size() + " chunks");
    }
    return new TaintRecord(when, by, tree, path, problem, object, taintedChunks, chunks, outcome);
  }

  private static void readChunks(JsonParser json, List<Verdict.TaintedChunk> chunks)
      throws IOException, MerkleException.MalformedHash {
    expect(json, JsonToken.START_ARRAY);
    while (json.nextToken() == JsonToken.START_OBJECT) {
      int index = -1;
      @Nullable Digest expected = null;
      @Nullable Digest found = null;
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        switch (json.currentName()) {
          case "index" -> index = number(json);
          case "expected" -> expected = Digest.parse(text(json));
          case "found" -> found = Digest.parse(text(json));
          default -> throw unknown(json);
        }
      }
      if (index < 0 || expected == null) {
        throw new IOException("a chunk has no index or expected digest");
      }
      chunks.add(new Verdict.TaintedChunk(index, expected, found));
    }
  }

  private static List<String> texts(JsonParser json) throws IOException {
    expect(json, JsonToken.START_ARRAY);
    var texts = new ArrayList<String>();
    while (json.nextToken() == JsonToken.VALUE_STRING) {
      texts.add(json.getText());
    }
    return texts;
  }

  private static String text(JsonParser json) throws IOException {
    expect(json, JsonToken.VALUE_STRING);
    return json.getText();
  }

  private static int number(JsonParser json) throws IOException {
    expect(json, JsonToken.VALUE_NUMBER_INT);
    return json.getIntValue();
  }

  private static void expect(JsonParser json, JsonToken expected) throws IOException {
    JsonToken found = json.nextToken();
    if (found != expected) {
      throw new IOException("expected " + expected + ", found " + found);
    }
  }

  private static IOException unknown(JsonParser json) throws IOException {
    return new IOException("has the unknown member \"" + json.currentName() + "\"");
  }
}
