/**
 * Steelyard on a cluster of Apache Spark. Ranks and runs are processes of the {@code steelyard}
 * command, started by Spark's tasks, so that libraries of the two never meet.
 */
package io.github.steelyard.spark;
