package nexus;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.FileDescriptor;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which room may know of which; docs and design draw the same picture. */
final class ArchitectureTest {
  /** Each may use those behind it, and none may use one in front of it. */
  private static final List<String> ROOMS =
      List.of("cli", "agent", "run", "install", "heal", "fetch", "trust", "cas", "merkle");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("nexus");

  @Test
  void allModulesAreLookedAt() {
    assertThat(CLASSES).hasSizeGreaterThan(200);
    for (String room :
        List.of("cli", "run", "install", "heal", "fetch", "trust", "cas", "merkle")) {
      assertThat(CLASSES.containPackage("nexus." + room)).as(room).isTrue();
    }
    assertThat(CLASSES.containPackage("nexus.linux")).isTrue();
    assertThat(CLASSES.containPackage("nexus.policy")).isTrue();
    assertThat(CLASSES)
        .as("every class is in a room")
        .allSatisfy(
            each ->
                assertThat(
                        ROOMS.contains(room(each.getPackageName()))
                            || List.of("linux", "policy").contains(room(each.getPackageName())))
                    .as(each.getName())
                    .isTrue());
  }

  private static String room(String packageName) {
    return packageName.substring(packageName.lastIndexOf('.') + 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"agent", "run", "install", "heal", "fetch", "trust", "cas", "merkle"})
  void roomsUseThoseBehindThemOnly(String room) {
    String[] inFront =
        ROOMS.subList(0, ROOMS.indexOf(room)).stream()
            .map(other -> "nexus." + other + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage("nexus." + room + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(inFront)
        // The agent's room is still empty.
        .allowEmptyShould(room.equals("agent"))
        .check(CLASSES);
  }

  @Test
  void noRoomsAreInACycle() {
    slices().matching("nexus.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void onlyLinuxSeesNativeLibraries() {
    noClasses()
        .that(not(resideInAnyPackage("nexus.linux..")))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("com.sun.jna..", "jnr..")
        .check(CLASSES);
  }

  @Test
  void linuxKnowsNothingOfNexus() {
    noClasses()
        .that()
        .resideInAPackage("nexus.linux..")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("nexus..").and(not(resideInAnyPackage("nexus.linux.."))))
        .check(CLASSES);
  }

  @Test
  void policyKnowsTheJdkAlone() {
    classes()
        .that()
        .resideInAPackage("nexus.policy..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("nexus.policy..", "java..", "org.jspecify..")
        .check(CLASSES);
  }

  @Test
  void policyDoesNoInputOrOutput() {
    noClasses()
        .that()
        .resideInAPackage("nexus.policy..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.nio.file..", "java.nio.channels..", "java.net..")
        .check(CLASSES);
  }

  @Test
  void merkleKnowsNoFiles() {
    noClasses()
        .that()
        .resideInAPackage("nexus.merkle..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("nexus.linux..", "java.nio.file..")
        .check(CLASSES);
  }

  @Test
  void onlyTheTerminalHasTheStandardStreams() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("nexus.cli.Terminal")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .accessField(FileDescriptor.class, "out")
        .orShould()
        .accessField(FileDescriptor.class, "err")
        .check(CLASSES);
  }

  @Test
  void everyPackageIsNullMarked() {
    List<String> unmarked =
        CLASSES.stream()
            .map(each -> each.getPackage())
            .distinct()
            .filter(each -> !each.isAnnotatedWith(NullMarked.class))
            .map(JavaPackage::getName)
            .toList();
    assertThat(unmarked).isEmpty();
  }
}
