package io.github.steelyard.cli.report;

import io.github.steelyard.cli.report.Report.Photo;
import java.util.List;
import java.util.Optional;

/**
 * A part of a report that tells one thing: a heading, some sentences and pictures.
 *
 * @param title the heading
 * @param text what was done and what came of it, in a few sentences
 * @param figures the pictures; empty ones are left out
 * @param photos pictures made of pixels; may be empty
 * @param graph an interactive graph; at most one chapter of a report has one
 */
public record Chapter(
    String title,
    String text,
    List<? extends Figure> figures,
    List<Photo> photos,
    Optional<Graph> graph) {
  /**
   * Copies the lists.
   *
   * @param title the heading
   * @param text what was done and what came of it
   * @param figures the pictures
   * @param photos pictures made of pixels
   * @param graph an interactive graph
   */
  public Chapter {
    figures = figures.stream().filter(Figure::hasPoints).toList();
    photos = List.copyOf(photos);
  }

  /**
   * A chapter without photos and graph.
   *
   * @param title the heading
   * @param text what was done and what came of it
   * @param figures the pictures
   */
  public Chapter(String title, String text, List<? extends Figure> figures) {
    this(title, text, figures, List.of(), Optional.empty());
  }

  /**
   * The same chapter with pictures made of pixels.
   *
   * @param added the pictures
   * @return the changed chapter
   */
  public Chapter withPhotos(List<Photo> added) {
    return new Chapter(title, text, figures, added, graph);
  }

  /**
   * The same chapter with an interactive graph.
   *
   * @param added the graph
   * @return the changed chapter
   */
  public Chapter withGraph(Graph added) {
    return new Chapter(title, text, figures, photos, Optional.of(added));
  }
}
