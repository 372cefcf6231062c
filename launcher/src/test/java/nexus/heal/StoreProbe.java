package nexus.heal;

import static nexus.cas.TestStore.CHUNK;
import static nexus.cas.TestStore.bytes;

import java.nio.file.Path;
import java.util.Map;
import nexus.cas.TestStore;
import nexus.merkle.Digest;

/**
 * A process of its own that heals, so that its disk can be full and that it can be killed.
 *
 * <p>Arguments: the folder of a {@link HealFixture}, a mirror, and the tree to heal; without one it
 * installs a tree, damages it, and says what healing it comes to.
 */
final class StoreProbe {
  static final Map<String, byte[]> FILES = Map.of("lib", bytes(4 * CHUNK, 1));

  private StoreProbe() {}

  public static void main(String[] args) throws Exception {
    try (var fixture = new HealFixture(Path.of(args[0]))) {
      if (args.length > 2) {
        Digest tree = Digest.parse(args[2]);
        System.out.println(
            fixture.heal(
                new TestStore.Tree(
                    tree,
                    fixture.store.trees.get(tree),
                    Path.of(fixture.store.checkouts.path(tree).toString())),
                args[1]));
      } else {
        full(fixture, fixture.store.install(FILES), args[1]);
      }
    }
  }

  private static void full(HealFixture fixture, TestStore.Tree tree, String mirror)
      throws Exception {
    TestStore.overwrite(tree.file("lib"), CHUNK, "evil");
    System.out.println(HealFixture.reasons(fixture.heal(tree, mirror), "lib"));
    System.out.println(fixture.store.verify(tree).getFirst().problem());
    System.out.println(fixture.store.staged());
  }
}
