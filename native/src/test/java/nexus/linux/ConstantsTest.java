package nexus.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares our numbers with those of a C compiler. */
final class ConstantsTest {
  private static final List<String> LIBRARY =
      List.of(
          "dirent.h",
          "errno.h",
          "fcntl.h",
          "limits.h",
          "poll.h",
          "sched.h",
          "signal.h",
          "sys/file.h",
          "sys/mount.h",
          "sys/prctl.h",
          "sys/socket.h",
          "sys/stat.h",
          "sys/syscall.h");

  private static final List<String> KERNEL =
      List.of(
          "asm/errno.h",
          "asm/poll.h",
          "asm/signal.h",
          "asm/socket.h",
          "asm/unistd.h",
          "linux/fcntl.h",
          "linux/fs.h",
          "linux/limits.h",
          "linux/mount.h",
          "linux/openat2.h",
          "linux/prctl.h",
          "linux/sched.h",
          "linux/stat.h");

  /** Enumerators of linux/mount.h, which #ifdef does not see. */
  private static final Set<String> ENUMERATORS =
      Set.of("FSCONFIG_CMD_CREATE", "FSCONFIG_SET_STRING");

  /** linux/mount.h and sys/mount.h cannot be included together, so those of both worlds. */
  private static final List<String> STRUCTURES =
      List.of(
          "linux/mount.h",
          "linux/openat2.h",
          "linux/stat.h",
          "dirent.h",
          "poll.h",
          "stddef.h",
          "sys/socket.h",
          "sys/time.h",
          "sys/uio.h",
          "sys/un.h",
          "time.h");

  @Test
  void everyNumberIsThatOfTheLibrarysAndTheKernelsHeaders(@TempDir Path dir)
      throws IOException, InterruptedException {
    Map<String, Long> ours = constants();
    Map<String, Long> library = print(dir, LIBRARY, ours.keySet());
    Map<String, Long> kernel = print(dir, KERNEL, ours.keySet());

    assertThat(ours).containsAllEntriesOf(library).containsAllEntriesOf(kernel);
    var either = new TreeMap<>(library);
    either.putAll(kernel);
    assertThat(either.keySet())
        .as("what some header knows")
        .containsExactlyInAnyOrderElementsOf(ours.keySet());
  }

  @Test
  void everyStructureIsLaidOutAsInTheHeaders(@TempDir Path dir)
      throws IOException, InterruptedException {
    Map<String, Long> ours = layouts();
    assertThat(print(dir, STRUCTURES, ours.keySet())).isEqualTo(ours);
  }

  @Test
  void findsTheNumbersByReflection() {
    assertThat(constants())
        .hasSizeGreaterThan(100)
        .containsEntry("O_PATH", 0x200000L)
        .containsEntry("AT_FDCWD", -100L)
        .containsEntry("ENOENT", 2L)
        .containsKey("__NR_openat2");
    assertThat(layouts())
        .containsEntry("sizeof(struct statx)", 256L)
        .containsEntry("offsetof(struct open_how, resolve)", 16L);
  }

  /** Every number of {@link Constants} and {@link Errno}, by its name in C. */
  private static Map<String, Long> constants() {
    var numbers = new TreeMap<String, Long>();
    for (Field field : numbers(Constants.class)) {
      String name = field.getName();
      numbers.put(
          name.startsWith("SYS_") ? name.toLowerCase(Locale.ROOT).replace("sys_", "__NR_") : name,
          value(field));
    }
    for (Errno errno : Errno.values()) {
      numbers.put(errno.name(), (long) errno.number());
    }
    return numbers;
  }

  /** Every number of {@link Layout}, as the expression for it in C. */
  private static Map<String, Long> layouts() {
    var numbers = new TreeMap<String, Long>();
    for (Class<?> layout : Layout.class.getDeclaredClasses()) {
      String struct =
          "struct "
              + layout.getSimpleName().replaceAll("(?<=.)(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
      for (Field field : numbers(layout)) {
        String member = field.getName().toLowerCase(Locale.ROOT);
        numbers.put(
            member.equals("size")
                ? "sizeof(" + struct + ")"
                : "offsetof(" + struct + ", " + member + ")",
            value(field));
      }
    }
    return numbers;
  }

  private static List<Field> numbers(Class<?> type) {
    return Stream.of(type.getDeclaredFields())
        .filter(field -> field.getType() == int.class || field.getType() == long.class)
        .toList();
  }

  private static long value(Field field) {
    try {
      return field.getLong(null);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  /** Has C evaluate the expressions; names that the headers do not define are left out. */
  private static Map<String, Long> print(
      Path dir, List<String> headers, Collection<String> expressions)
      throws IOException, InterruptedException {
    var source = new StringBuilder("#define _GNU_SOURCE\n#include <stdio.h>\n");
    for (String header : headers) {
      source.append("#include <").append(header).append(">\n");
    }
    source.append("int main(void) {\n");
    for (String expression : expressions) {
      String print =
          "  printf(\"%s=%%lld\\n\", (long long) (%s));\n".formatted(expression, expression);
      boolean name =
          !expression.contains("(")
              && !(headers.equals(KERNEL) && ENUMERATORS.contains(expression));
      source.append(name ? "#ifdef " + expression + "\n" + print + "#endif\n" : print);
    }
    source.append("}\n");
    Path program = CProgram.compile(dir, "numbers", source.toString());
    return Command.output(List.of(program.toString()))
        .lines()
        .map(line -> line.split("=", 2))
        .collect(Collectors.toMap(part -> part[0], part -> Long.valueOf(part[1])));
  }
}
