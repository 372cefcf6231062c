import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions.Style;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Checks ({@code check}) or applies ({@code apply}) google-java-format to every source file. */
final class Format {
  public static void main(String[] args) throws IOException, FormatterException {
    var unformatted = new ArrayList<Path>();
    for (Path file : sources()) {
      String source = Files.readString(file);
      String formatted =
          new Formatter()
              .formatSource(
                  RemoveUnusedImports.removeUnusedImports(
                      ImportOrderer.reorderImports(source, Style.GOOGLE)));
      if (!formatted.equals(source)) {
        unformatted.add(file);
        if (args[0].equals("apply")) {
          Files.writeString(file, formatted);
        }
      }
    }
    if (!unformatted.isEmpty() && !args[0].equals("apply")) {
      unformatted.forEach(file -> System.err.println("not formatted: " + file));
      System.err.println("run: mvn -N process-sources -Dformat=apply");
      System.exit(1);
    }
  }

  private static List<Path> sources() throws IOException {
    var files = new ArrayList<Path>();
    for (String root : List.of(".ci", "native", "policy", "launcher", "integration-tests")) {
      try (var walk = Files.walk(Path.of(root))) {
        walk.filter(file -> file.toString().endsWith(".java"))
            .filter(file -> !file.toString().contains("/target/"))
            .forEach(files::add);
      }
    }
    return files;
  }
}
