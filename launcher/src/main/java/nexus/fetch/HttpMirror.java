package nexus.fetch;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.OptionalLong;
import nexus.cas.TreeManifest;
import nexus.merkle.ChunkMap;
import nexus.merkle.Digest;

/** A mirror on a web server: any that serves static files will do, best one that knows ranges. */
final class HttpMirror implements Mirror {
  private static final int BUFFER_BYTES = 64 << 10;

  private final MirrorUrl url;
  private final HttpTransport transport;

  HttpMirror(MirrorUrl url, HttpTransport transport) {
    this.url = url;
    this.transport = transport;
  }

  @Override
  public MirrorUrl url() {
    return url;
  }

  @Override
  public MirrorRange object(Digest object, long size, long offset, long length)
      throws FetchException, InterruptedException {
    URI address = address(MirrorLayout.OBJECTS, object);
    boolean whole = offset == 0 && length == size;
    String bytes = offset + "-" + (offset + length - 1);
    HttpResponse<HttpBody> response = transport.get(address, whole ? "" : "bytes=" + bytes);
    HttpBody body = response.body();
    try {
      boolean partial = !whole && response.statusCode() == 206;
      if (partial) {
        checkRange(address, response, bytes, size);
      } else {
        checkOk(address, response);
      }
      checkLength(address, response, partial ? length : size);
      var range =
          new HttpRange(address.toString(), body, length, partial || offset + length == size);
      if (!partial) {
        // A server without ranges sends the whole object.
        range.skip(offset);
      }
      return range;
    } catch (FetchException | InterruptedException e) {
      body.close();
      throw e;
    }
  }

  private static void checkOk(URI address, HttpResponse<?> response) throws FetchException {
    switch (response.statusCode()) {
      case 200 -> {}
      case 404, 410 ->
          throw new FetchException.Absent(
              address.toString(), "does not exist: the server answers " + response.statusCode());
      case 416 ->
          throw new FetchException.BadAnswer(
              address.toString(), "is shorter than it should be: the server answers 416");
      default ->
          throw new FetchException.BadAnswer(
              address.toString(), "cannot be had: the server answers " + response.statusCode());
    }
  }

  private static void checkRange(URI address, HttpResponse<?> response, String bytes, long size)
      throws FetchException.BadAnswer {
    String range = response.headers().firstValue("Content-Range").orElse("");
    if (!range.equals("bytes " + bytes + "/" + size) && !range.equals("bytes " + bytes + "/*")) {
      throw new FetchException.BadAnswer(
          address.toString(),
          "was asked for bytes "
              + bytes
              + " of "
              + size
              + ", and the server answers with \""
              + HttpTransport.shown(range)
              + "\"");
    }
  }

  private static void checkLength(URI address, HttpResponse<?> response, long expected)
      throws FetchException.BadAnswer {
    OptionalLong announced = response.headers().firstValueAsLong("Content-Length");
    if (announced.isPresent() && announced.getAsLong() != expected) {
      throw new FetchException.BadAnswer(
          address.toString(),
          "announces " + announced.getAsLong() + " bytes, expected " + expected);
    }
  }

  @Override
  public ChunkMap map(Digest object, long size) throws FetchException, InterruptedException {
    URI address = address(MirrorLayout.MAPS, object);
    byte[] bytes = whole(address, ChunkMap.encodedLength(size));
    return MirrorLayout.decodeMap(address.toString(), bytes, size);
  }

  @Override
  public byte[] tree(Digest tree) throws FetchException, InterruptedException {
    return whole(address(MirrorLayout.TREES, tree), TreeManifest.MAX_BYTES);
  }

  private byte[] whole(URI address, int maxBytes) throws FetchException, InterruptedException {
    HttpResponse<HttpBody> response = transport.get(address, "");
    try (HttpBody body = response.body()) {
      checkOk(address, response);
      // Grows with what really comes, whatever was announced.
      var bytes = new ByteArrayOutputStream();
      byte[] buffer = new byte[BUFFER_BYTES];
      while (true) {
        int count = body.read(buffer, 0, buffer.length);
        if (count > maxBytes - bytes.size()) {
          throw new FetchException.BadAnswer(
              address.toString(), "is longer than the " + maxBytes + " bytes that it may have");
        }
        bytes.write(buffer, 0, count);
        if (count < buffer.length) {
          return bytes.toByteArray();
        }
      }
    }
  }

  private URI address(String kind, Digest digest) {
    return URI.create(url + "/" + MirrorLayout.path(kind, digest));
  }

  /** Returns the address. */
  @Override
  public String toString() {
    return url.toString();
  }
}
