package nexus.linux;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * Runs the tests of a class in another JVM, which has all capabilities in a user namespace of its
 * own; each in a new thread, so that it may unshare what it likes.
 *
 * <p>A test gets its temporary directory as its only parameter. It starts in the mount namespace
 * that it shares with everybody: the first thing it does is to unshare it.
 */
final class InUserNamespace implements BeforeAllCallback, InvocationInterceptor {
  private static final List<String> UNSHARE =
      List.of("unshare", "-U", "--map-current-user", "--keep-caps");

  /** Stands before the name of each test that ended. */
  private static final String MARK = "\u001e";

  // Mutable state: by the test's name, why it failed, or nothing.
  private final Map<String, String> outcomes = new HashMap<>();

  @Override
  public void beforeAll(ExtensionContext context) throws IOException, InterruptedException {
    Needs.userNamespaces(UNSHARE);
    String testClass = context.getRequiredTestClass().getName();
    String output =
        Command.output(Command.join(UNSHARE, Command.java(InUserNamespace.class, testClass)));
    for (String outcome : output.split(MARK, -1)) {
      String[] nameAndFailure = outcome.split("\n", 2);
      outcomes.put(nameAndFailure[0], nameAndFailure.length == 1 ? "" : nameAndFailure[1]);
    }
  }

  @Override
  public void interceptTestMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> invocationContext,
      ExtensionContext context) {
    invocation.skip();
    String failure = outcomes.get(context.getRequiredTestMethod().getName());
    if (failure == null) {
      fail("did not end; the JVM printed " + outcomes);
    } else if (!failure.isBlank()) {
      fail("in the other JVM: " + failure);
    }
  }

  /** Runs the tests of the class with that name. */
  public static void main(String[] args) throws Exception {
    for (Method method : Class.forName(args[0]).getDeclaredMethods()) {
      if (method.isAnnotationPresent(Test.class)) {
        Path dir = Files.createTempDirectory("namespace");
        var failure = new StringWriter();
        Thread thread = Thread.ofPlatform().start(() -> run(method, dir, failure));
        thread.join();
        System.out.println(MARK + method.getName());
        System.out.print(failure);
        delete(dir);
      }
    }
  }

  private static void run(Method method, Path dir, StringWriter failure) {
    try {
      method.setAccessible(true);
      var constructor = method.getDeclaringClass().getDeclaredConstructor();
      constructor.setAccessible(true);
      method.invoke(constructor.newInstance(), dir);
    } catch (ReflectiveOperationException e) {
      e.printStackTrace(new PrintWriter(failure, true));
    }
  }

  private static void delete(Path dir) throws IOException {
    try (var walk = Files.walk(dir)) {
      walk.sorted((a, b) -> b.compareTo(a))
          .forEach(
              file -> {
                try {
                  Files.delete(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }
}
