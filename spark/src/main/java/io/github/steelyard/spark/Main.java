package io.github.steelyard.spark;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * The program for {@code spark-submit}: trains a network on many executors, or makes the runs of
 * studies on them. Results go to the standard output, everything else to the standard error.
 */
public final class Main {
  private static final int FAILED = 1;

  private Main() {}

  /**
   * Runs the command and ends the JVM with its exit code: 0 done, 1 failed, 2 wrong usage.
   *
   * @param arguments the command line
   */
  public static void main(String[] arguments) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code;
    try (JavaSparkContext spark = new JavaSparkContext(new SparkConf())) {
      code = run(spark, out, err, arguments);
    }
    System.exit(code);
  }

  /**
   * Runs the command on a cluster.
   *
   * @param spark the cluster
   * @param out where results go
   * @param err where progress and errors go
   * @param arguments the command line
   * @return 0 done, 1 failed, 2 wrong usage
   */
  public static int run(
      JavaSparkContext spark, PrintWriter out, PrintWriter err, String... arguments) {
    try {
      Arguments given = Arguments.read(List.of(arguments));
      return given.command().equals("train")
          ? train(spark, out, err, given)
          : studies(spark, out, err, given);
    } catch (IllegalArgumentException e) {
      err.println("error: " + e.getMessage());
      err.println(Arguments.USAGE);
      return Ended.USAGE;
    } catch (IOException | ReflectiveOperationException e) {
      err.println("error: " + e.getMessage());
      return FAILED;
    }
  }

  private static int train(
      JavaSparkContext spark, PrintWriter out, PrintWriter err, Arguments given) {
    Rank rank = new Rank(given.home(), given.asked(), given.folder());
    try {
      Ended ended = TrainingStage.run(spark, rank, given.ranks());
      out.print(ended.out());
      out.flush();
      if (ended.code() != 0) {
        err.println(ended.last());
      }
      return ended.code();
    } catch (Exception e) { // Scala does not declare its SparkException.
      err.println("error: " + e.getMessage());
      return FAILED;
    }
  }

  /** The command as it is; its runs are made by tasks. */
  private static int studies(
      JavaSparkContext spark, PrintWriter out, PrintWriter err, Arguments given)
      throws IOException, ReflectiveOperationException {
    List<String> words = new ArrayList<>(given.asked());
    words.addAll(List.of("--folder", given.folder()));
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader = given.home().loader()) {
      thread.setContextClassLoader(loader);
      return (int)
          Home.mainIn(loader)
              .getMethod(
                  "run", PrintWriter.class, PrintWriter.class, Function.class, String[].class)
              .invoke(
                  null,
                  out,
                  err,
                  new RunTasks(spark, given.home(), err),
                  words.toArray(String[]::new));
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
