package io.github.steelyard.spark;

import java.util.Collections;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * Trains one network as a barrier stage: all of its tasks begin together, each is a rank. A rank
 * that fails, or whose executor is lost, fails the stage, and Spark begins it again; then the run
 * goes on from its newest checkpoint.
 */
final class TrainingStage {
  private TrainingStage() {}

  /**
   * Trains.
   *
   * @param ranks how many tasks
   * @return how rank 0 ended: done or wrong usage; throws Spark's exception if the stage failed too
   *     often
   */
  static Ended run(JavaSparkContext spark, Rank rank, int ranks) {
    spark.setJobDescription("steelyard run on " + ranks + " ranks");
    RDD<Integer> tasks = spark.parallelize(Collections.nCopies(ranks, 0), ranks).rdd();
    ClassTag<Ended> tag = ClassTag$.MODULE$.apply(Ended.class);
    // Spark tries no stage again whose results are the job's: another one, of one task, takes them.
    List<Ended> one =
        tasks.barrier().mapPartitions(rank, false, tag).toJavaRDD().repartition(1).collect();
    return one.get(0);
  }
}
