package io.github.steelyard.quant;

import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphIntegers;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Logits of an attention from integers. With queries {@code s l + a} and keys {@code t m + b}, the
 * logit of a pair is {@code s t (l · m) + t (a · m)} and something that all keys of a query share,
 * which the softmax does not see.
 */
record IntegerLogits(GraphBuilder graph, AttentionHeads heads) {

  /** Queries and keys [n, tokens, heads · size], with a scale for each token. */
  GraphValue of(IntegerInput query, IntegerInput key) {
    GraphValue stored = key.levels().stored();
    GraphIntegers left = query.levels().with(heads.split(graph, query.levels().stored()));
    GraphIntegers right = key.levels().with(graph.permute(heads.split(graph, stored), 0, 1, 3, 2));
    Tensor scale = key.scale().reshape(1, -1).mul(new Scalar(heads.scale()));
    return sum(left, right, query, scale, shift -> headShift(key, shift));
  }

  /** What each query's shift adds, [n, heads, 1, tokens], before the keys' scales. */
  private GraphValue headShift(IntegerInput key, Tensor shift) {
    long count = heads.configuration().heads();
    Tensor each = torch.block_diag(shift.reshape(count, -1, 1).unbind(0));
    GraphValue products =
        graph.matmul(graph.toFloat(key.levels()), graph.constant("query_shift", each));
    long tokens = products.shape()[1];
    return graph.reshape(graph.permute(products, 0, 2, 1), GraphValue.DYNAMIC, count, 1, tokens);
  }

  /** Tokens [n, tokens, C], and factors [n, tokens · heads, C] with a scale for each row. */
  GraphValue ofAll(IntegerInput tokens, IntegerInput factor) {
    long count = heads.configuration().heads();
    long[] shape = tokens.levels().stored().shape();
    GraphIntegers left =
        tokens
            .levels()
            .with(
                graph.reshape(tokens.levels().stored(), GraphValue.DYNAMIC, 1, shape[1], shape[2]));
    GraphValue each =
        graph.reshape(factor.levels().stored(), GraphValue.DYNAMIC, shape[1], count, shape[2]);
    GraphIntegers right = factor.levels().with(graph.permute(each, 0, 2, 3, 1));
    Tensor scale =
        factor
            .scale()
            .reshape(-1, count)
            .t()
            .contiguous()
            .reshape(count, 1, -1)
            .mul(new Scalar(heads.scale()));
    return sum(left, right, tokens, scale, shift -> factorShift(factor, shift));
  }

  private GraphValue factorShift(IntegerInput factor, Tensor shift) {
    long count = heads.configuration().heads();
    GraphValue products =
        graph.matmul(
            graph.toFloat(factor.levels()), graph.constant("token_shift", shift.reshape(-1, 1)));
    long tokens = products.shape()[1] / count;
    GraphValue rows = graph.reshape(products, GraphValue.DYNAMIC, tokens, count);
    return graph.reshape(graph.permute(rows, 0, 2, 1), GraphValue.DYNAMIC, count, 1, tokens);
  }

  /** Scales of columns [..., 1, tokens], with the one over the root of a head's size. */
  private GraphValue sum(
      GraphIntegers left,
      GraphIntegers right,
      IntegerInput rows,
      Tensor columns,
      Function<Tensor, GraphValue> shifted) {
    // One factor of its own for each attention: ONNX Runtime merges equal ones, and then not this.
    Tensor common = columns.mean();
    GraphValue products =
        graph.integerMatmul(left, right, Optional.of(graph.constant("logit_scale", common)));
    GraphValue relative = graph.constant("columns", columns.div(common));
    GraphValue table = graph.mul(graph.constant("rows", rows.scale()), relative);
    GraphValue logits = graph.mul(products, table);
    Optional<Tensor> shift = rows.shiftAfter();
    return shift
        .map(
            s -> graph.add(logits, graph.mul(shifted.apply(s), graph.constant("of_keys", columns))))
        .orElse(logits);
  }
}
