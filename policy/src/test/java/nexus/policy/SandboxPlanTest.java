package nexus.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SandboxPlanTest {
  private static final PlanPath A = PlanPath.of("/a");
  private static final PlanPath B = PlanPath.of("/a/b");

  private static SandboxPlan plan(Step... inner) {
    var steps = new ArrayList<Step>();
    steps.add(new Step.Tmpfs(PlanPath.ROOT, 0755));
    steps.addAll(List.of(inner));
    steps.add(new Step.Seal(PlanPath.ROOT));
    return new SandboxPlan(steps, Set.of());
  }

  private static Step.Bind bind(PlanPath path) {
    return new Step.Bind(PlanPath.of("/home"), path, true, Set.of());
  }

  private static void refuses(Step last, Step... before) {
    var steps = new ArrayList<>(List.of(before));
    steps.add(last);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plan(steps.toArray(Step[]::new)))
        .withMessage("not possible here: " + last);
  }

  @Test
  void namesAreMadeInTheNearestTmpfs() {
    assertThat(
            plan(
                    new Step.Directory(A),
                    bind(A),
                    new Step.Tmpfs(B, 0700),
                    new Step.File(B.resolve("c")),
                    new Step.Seal(B))
                .steps())
        .hasSize(7);
  }

  @Test
  void nothingIsMadeInAFolderOfTheHost() {
    refuses(new Step.Directory(B), new Step.Directory(A), bind(A));
    refuses(new Step.File(B), new Step.Directory(A), new Step.Pin(A));
    refuses(new Step.Symlink(B, A), new Step.Directory(A), new Step.Mask(A));
  }

  @Test
  void nothingIsMadeInWhatIsSealed() {
    refuses(
        new Step.Directory(B), new Step.Directory(A), new Step.Tmpfs(A, 0755), new Step.Seal(A));
  }

  @Test
  void onlyATmpfsIsSealed() {
    refuses(new Step.Seal(A), new Step.Directory(A), bind(A));
    refuses(new Step.Seal(A));
  }

  @Test
  void startsAndEndsWithTheRoot() {
    assertThatIllegalArgumentException().isThrownBy(() -> new SandboxPlan(List.of(), Set.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new SandboxPlan(
                    List.of(new Step.Tmpfs(PlanPath.ROOT, 0755), new Step.Directory(A)), Set.of()));
    refuses(new Step.Tmpfs(PlanPath.ROOT, 0755));
    refuses(bind(PlanPath.ROOT));
  }

  @Test
  void rootOfTheHostIsNotBound() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Step.Bind(PlanPath.ROOT, A, true, Set.of()));
  }

  @Test
  void pathsOfStepsAreNormal() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Step.Directory(PlanPath.of("/a/../b")));
    assertThatIllegalArgumentException().isThrownBy(() -> new Step.Pin(PlanPath.of("a")));
  }
}
