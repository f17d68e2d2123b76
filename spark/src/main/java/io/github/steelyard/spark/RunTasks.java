package io.github.steelyard.spark;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.spark.SparkExecutorInfo;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Makes the runs of studies, each as a job of one task: a command line of Steelyard, started by an
 * executor. Where an executor is lost Spark begins the task again, and the run goes on. Safe for
 * many threads.
 *
 * @param spark the cluster
 * @param home where Steelyard is on all machines
 * @param err where failures are told
 */
record RunTasks(JavaSparkContext spark, Home home, PrintWriter err)
    implements Function<List<String>, Integer> {
  private static final long POLL_MILLIS = 200;

  /** Longer than a task takes to end its process. */
  private static final long PATIENCE_SECONDS = 90;

  /** Returns the exit code when the run has ended; an interrupt asks it to save and to end. */
  @Override
  public Integer apply(List<String> words) {
    String title = String.join(" ", words);
    spark.setJobDescription("steelyard " + title);
    Home there = home;
    JavaFutureAction<List<Ended>> job =
        spark.parallelize(List.of(words), 1).map(own -> run(there, own)).collectAsync();
    try {
      Ended ended = job.get().get(0);
      if (ended.code() != 0) {
        err.println(ended.describe("steelyard " + title));
      }
      return ended.code();
    } catch (ExecutionException e) {
      err.println("steelyard " + title + ": " + e.getCause().getMessage());
    } catch (InterruptedException e) {
      job.cancel(true);
      awaitTasks();
      Thread.currentThread().interrupt();
    }
    return 1;
  }

  private static Ended run(Home home, List<String> words) throws java.io.IOException {
    TaskContext task = TaskContext.get();
    try (TaskProcess process = new TaskProcess(home.command(words), Map.of(), task.cpus())) {
      return process.await(task);
    }
  }

  /** A job that is cancelled has ended for Spark before its task has. */
  private void awaitTasks() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    try {
      while (areRunning() && System.nanoTime() < deadline) {
        Thread.sleep(POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean areRunning() {
    for (SparkExecutorInfo executor : spark.sc().statusTracker().getExecutorInfos()) {
      if (executor.numRunningTasks() > 0) {
        return true;
      }
    }
    return false;
  }
}
