package io.github.steelyard.interaction;

import io.github.steelyard.data.BatchSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The Interaction Basis (Bushnaq et al., Using Degeneracy in the Loss Landscape for Mechanistic
 * Interpretability, 2024, arXiv 2405.10927; the local basis: Bushnaq et al., The Local Interaction
 * Basis, 2024, arXiv 2405.10928).
 *
 * <p>Many parameters of a network do nothing, because activations of a layer are linearly
 * dependent, or because gradients passed back to it are. The basis is a coordinate system of each
 * layer that does not change when parameters move along these, and in which layers interact
 * sparsely. From the last layer backwards, with the Gram matrix {@code G = U D U^T} of the
 * activations and the mean M' of {@code J^T J}, J the Jacobian of the next layer's coordinates:
 *
 * <pre>
 * R = Y U D^-1/2                whitening; Y shifts by the mean if centred
 * R^+ M' R^+T = V Lambda V^T
 * C = R V Lambda^1/2            the basis, columns by falling Lambda
 * </pre>
 *
 * <p>Defaults are the authors': eigenvalues below 1e-5 are dropped, the quadrature of the local
 * basis is the gradient at the activation.
 *
 * <p>Cost: a pass over the data for the Gram matrices (two if centred), one per layer for M' and
 * one per segment for the edges. M' of the local basis and exact squared edges take one
 * vector-Jacobian product per basis vector that is kept and position of the next layer, functional
 * edges one per basis vector, M' of an integrated basis one alone; random sources take the place of
 * positions. Many products share a backward pass: {@code n r_out} rows go back through the segment,
 * and {@code n r_out d_in^2} multiplications accumulate M'. A segment that is one linear layer and
 * an activation needs no such products: M' costs {@code n d_out^2}, and exact squared edges cost
 * {@code n h r_out r_in}, h the hidden units whose slope is not 0 (for a ReLU those that fire), r
 * the basis vectors that are kept. Edges then dominate. Nor does a pre-norm transformer block or
 * one of its branches: per output direction and position M' takes about {@code (heads + 8) d^2} and
 * squared edges {@code 8 d^2} multiplications, with few more for more positions. Memory O(width^2 +
 * batch width), whatever the data's size.
 *
 * <p>When not: for layers wider than some thousands use random {@link Sources}; for independence
 * between parts centre, or means that are not 0 tie everything together.
 *
 * <pre>{@code
 * try (Segments segments = Segments.open(model, layers, sample)) {
 *   InteractionResult result =
 *       new InteractionBasis(InteractionConfiguration.local()).compute(segments, batches);
 * }
 * }</pre>
 */
public final class InteractionBasis {
  private final InteractionConfiguration configuration;
  private AnalysisListener listener = AnalysisListener.SILENT;

  /**
   * An analysis.
   *
   * @param configuration which basis and which edges
   */
  public InteractionBasis(InteractionConfiguration configuration) {
    this.configuration = configuration;
  }

  /**
   * Tells somebody how far the analysis is.
   *
   * @param other hears of each batch
   * @return this
   */
  public InteractionBasis listener(AnalysisListener other) {
    listener = other;
    return this;
  }

  /**
   * Computes bases and edges.
   *
   * @param segments the cut network
   * @param data its epoch 0 is read, several times
   * @return bases and edges
   * @throws IllegalArgumentException if the data has no batch, does not fit the network or leads to
   *     activations that are not finite
   */
  public InteractionResult compute(Segments segments, BatchSource data) {
    return compute(segments, new DataPass(data, listener), AnalysisFiles.unsaved());
  }

  /**
   * Computes bases alone: where no edges are needed, most of the time is saved.
   *
   * @param segments the cut network
   * @param data its epoch 0 is read, several times
   * @return the bases, in the network's order
   * @throws IllegalArgumentException if the data has no batch, does not fit the network or leads to
   *     activations that are not finite
   */
  public List<LayerBasis> bases(Segments segments, BatchSource data) {
    return bases(segments, new DataPass(data, listener), AnalysisFiles.unsaved());
  }

  /**
   * Computes bases and edges, and saves each phase: Gram matrices, M' of each layer, edges of each
   * segment, and the bases. Files that the folder holds already are read instead of computed, so
   * that an interrupted analysis goes on where it was.
   *
   * @param segments the cut network
   * @param data its epoch 0 is read, several times
   * @param folder where to save; created if it does not exist
   * @return bases and edges
   * @throws IllegalArgumentException if the data has no batch, does not fit the network or leads to
   *     activations that are not finite
   * @throws IOException if a phase cannot be written or read, or the folder holds files of another
   *     network, other data or another configuration; the message says what differs
   */
  public InteractionResult compute(Segments segments, BatchSource data, Path folder)
      throws IOException {
    return AnalysisFiles.in(
        folder,
        segments,
        data,
        configuration,
        files -> compute(segments, new DataPass(data, listener), files));
  }

  private InteractionResult compute(Segments segments, DataPass data, AnalysisFiles files) {
    List<LayerBasis> bases = bases(segments, data, files);
    files.bases(bases);
    List<Edges> edges = new ArrayList<>();
    EdgePass pass = new EdgePass(segments, data, configuration);
    for (int l = 0; l + 1 < bases.size(); l++) {
      LayerBasis from = bases.get(l);
      LayerBasis to = bases.get(l + 1);
      int segment = l;
      edges.add(files.edges(from, to, l, () -> pass.run(segment, from, to)));
    }
    return new InteractionResult(configuration, bases, edges);
  }

  private List<LayerBasis> bases(Segments segments, DataPass data, AnalysisFiles files) {
    List<NodeLayer> layers = segments.layers();
    requireShiftable(layers.get(layers.size() - 1));
    List<Moments> moments =
        files.moments(() -> new MomentsPass(segments, data).moments(configuration.centred()));
    JacobianPass jacobians = new JacobianPass(segments, data, configuration);
    BasisSolver solver = new BasisSolver(configuration);
    List<LayerBasis> bases = new ArrayList<>();
    for (int l = layers.size() - 1; l >= 0; l--) {
      NodeLayer layer = layers.get(l);
      Moments own = moments.get(l);
      boolean last = l == layers.size() - 1;
      LayerBasis basis;
      if (configuration.basis() == BasisKind.NEURON || (last && !configuration.rotateLast())) {
        basis = BasisSolver.neurons(layer, own);
      } else if (configuration.basis() == BasisKind.SVD || last) {
        basis = solver.principal(layer, own);
      } else {
        int segment = l;
        LayerBasis next = bases.get(bases.size() - 1);
        basis =
            solver.interaction(layer, own, files.jacobian(l, () -> jacobians.run(segment, next)));
      }
      bases.add(basis);
    }
    Collections.reverse(bases);
    return bases;
  }

  private void requireShiftable(NodeLayer last) {
    if (configuration.centred() && configuration.rotateLast() && !last.constant()) {
      throw new IllegalArgumentException(
          "centring works through the constant coordinate, which the output does not have; use"
              + " rotateLast = false or centred = false, or leave the output out");
    }
  }
}
