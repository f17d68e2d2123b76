package io.github.steelyard.data;

import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One epoch's batches. At most workers x prefetch batches are ahead; they are Java arrays, so that
 * a stream that nobody closes leaks nothing, and tensors are made in {@link #next()} alone.
 */
final class LoaderStream implements BatchStream {
  private static final System.Logger LOG = System.getLogger(LoaderStream.class.getName());

  private final BatchPreparation preparation;
  private final LoaderConfiguration configuration;
  private final long epoch;
  private final int[] order;
  private final int batches;
  private final Part part;
  private final ThreadPoolExecutor workers;
  private final Deque<Future<HostBatch>> ahead = new ArrayDeque<>();
  private final Queue<float[]> recycled = new ConcurrentLinkedQueue<>();
  private int submitted;
  private int taken;
  private volatile boolean closed;

  LoaderStream(
      BatchPreparation preparation,
      LoaderConfiguration configuration,
      long epoch,
      int firstBatch,
      int batches,
      int length,
      Part part) {
    Engine.start();
    this.part = part;
    this.preparation = preparation;
    this.configuration = configuration;
    this.epoch = epoch;
    this.order = preparation.order(epoch, length);
    this.batches = batches;
    this.submitted = firstBatch;
    this.taken = firstBatch;
    this.workers = configuration.workers() == 0 ? null : startWorkers(configuration.workers());
    workAhead();
  }

  private static ThreadPoolExecutor startWorkers(int count) {
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            count,
            count,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, "steelyard-loader-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private void workAhead() {
    int most = Math.max(1, configuration.workers() * configuration.prefetch());
    while (workers != null && submitted < batches && ahead.size() < most) {
      int batch = submitted++;
      FutureTask<HostBatch> task = new FutureTask<>(() -> prepare(batch));
      ahead.add(task);
      workers.execute(task);
    }
  }

  private HostBatch prepare(int batch) {
    int begin = batch * configuration.batchSize();
    int whole = Math.min(configuration.batchSize(), order.length - begin);
    int skipped = part.begin(whole);
    int first = begin + skipped;
    int size = part.end(whole) - skipped;
    int length = Math.multiplyExact(size, preparation.shape().values());
    float[] values = recycled.poll();
    if (values == null || values.length != length) {
      values = new float[length];
    }
    int[] indices = Arrays.copyOfRange(order, first, first + size);
    return preparation.prepare(epoch, batch, skipped, indices, values, () -> closed);
  }

  @Override
  public boolean hasNext() {
    return !closed && taken < batches;
  }

  @Override
  public Batch next() {
    if (!hasNext()) {
      throw new NoSuchElementException(
          closed ? "The stream was closed" : "The epoch's " + batches + " batches were all taken");
    }
    HostBatch host;
    try {
      host = workers == null ? prepare(taken) : await(ahead.remove());
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    taken++;
    Batch batch = toTensors(host);
    recycled.add(host.inputs());
    workAhead();
    if (taken == batches) {
      close();
    }
    return batch;
  }

  private static HostBatch await(Future<HostBatch> work) {
    try {
      return work.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("Interrupted while waiting for a batch");
    } catch (ExecutionException e) {
      // The worker's own exception is thrown; the caller's place in the code is added to it.
      e.getCause().addSuppressed(new IllegalStateException("The batch was asked for here"));
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private static Batch toTensors(HostBatch host) {
    ImageShape shape = host.shape();
    Tensor inputs =
        tensor(host.inputs(), host.size(), shape.channels(), shape.height(), shape.width());
    Tensor targets =
        host.hasSoftTargets()
            ? tensor(host.softTargets(0), host.size(), host.classes())
            : tensor(host.labels());
    return new Batch(inputs, targets);
  }

  private static Tensor tensor(float[] values, long... shape) {
    return Scope.compute(
        () -> {
          Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Float), null);
          FloatBuffer buffer = tensor.createBuffer();
          buffer.put(values);
          return tensor;
        });
  }

  private static Tensor tensor(int[] labels) {
    return Scope.compute(
        () -> {
          Tensor tensor =
              torch.empty(new long[] {labels.length}, new TensorOptions(ScalarType.Long), null);
          LongBuffer buffer = tensor.createBuffer();
          for (int label : labels) {
            buffer.put(label);
          }
          return tensor;
        });
  }

  @Override
  public void close() {
    closed = true;
    ahead.clear();
    recycled.clear();
    if (workers == null || workers.isTerminated()) {
      return;
    }
    workers.getQueue().clear();
    workers.shutdown();
    // A worker stops after the sample it is at. An interrupt would close file channels under it.
    try {
      if (!workers.awaitTermination(1, TimeUnit.MINUTES)) {
        LOG.log(System.Logger.Level.WARNING, "a loader thread is stuck in one sample; left behind");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
