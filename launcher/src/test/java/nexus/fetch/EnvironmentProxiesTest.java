package nexus.fetch;

import static nexus.fetch.HostileServer.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.URI;
import java.util.Map;
import nexus.merkle.Digest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EnvironmentProxiesTest {
  @ParameterizedTest
  @CsvSource({
    "http://a.example/, HTTP @ p/<unresolved>:3128",
    "https://a.example/, HTTP @ q/<unresolved>:1080",
    "http://inner.example/, DIRECT",
    "http://x.inner.example/, DIRECT",
    "http://notinner.example/, HTTP @ p/<unresolved>:3128",
    "http://port.example:81/, DIRECT",
    "http://port.example:82/, HTTP @ p/<unresolved>:3128",
    "http://DOT.example/, DIRECT",
  })
  void areChosenAsCurlChoosesThem(String address, String expected) throws Exception {
    var proxies =
        new EnvironmentProxies(
            Map.of(
                "http_proxy", "http://p:3128/",
                "HTTP_PROXY", "http://wrong:1",
                "HTTPS_PROXY", "q",
                "no_proxy", " inner.example, port.example:81,.dot.example,"));

    assertThat(proxies.select(URI.create(address)).getFirst()).hasToString(expected);
  }

  @Test
  void areNoneWhereTheEnvironmentNamesNone() throws Exception {
    assertThat(new EnvironmentProxies(Map.of()).isDirect(URI.create("http://a/"))).isTrue();
    assertThat(
            new EnvironmentProxies(Map.of("http_proxy", "http://p:1", "NO_PROXY", "*"))
                .isDirect(URI.create("http://a/")))
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource({"http://user:secret@p:1", "socks5://p:1", "http://", "http://a b"})
  void areRefusedWithoutRepeatingASecret(String value) {
    assertThatExceptionOfType(FetchException.BadSetting.class)
        .isThrownBy(() -> new EnvironmentProxies(Map.of("https_proxy", value)))
        .withMessageStartingWith("environment variable https_proxy ")
        .extracting(e -> String.valueOf(e.getMessage()))
        .satisfies(message -> assertThat(message).doesNotContain("secret"));
  }

  @Test
  void areAskedInTheMirrorsStead() throws Exception {
    byte[] tree = {1, 2, 3};
    try (var proxy =
            new HostileServer(
                (_, out) -> {
                  write(out, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
                  out.write(tree);
                });
        var fetcher = new Fetcher(FetchLimits.DEFAULT, Map.of("http_proxy", proxy.url()))) {
      Digest digest = Digest.parse("ab".repeat(32));

      assertThat(fetcher.mirror(MirrorUrl.parse("http://mirror.invalid/m")).tree(digest))
          .isEqualTo(tree);

      assertThat(proxy.requests())
          .containsExactly(
              new HostileServer.Request("http://mirror.invalid/m/trees/ab/" + "ab".repeat(31), ""));
    }
  }
}
