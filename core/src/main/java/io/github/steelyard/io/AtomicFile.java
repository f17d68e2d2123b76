package io.github.steelyard.io;

import io.github.steelyard.runtime.Distributed;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Writes a file whole or not at all. The content goes to a temporary file in the same folder, which
 * is synced to the disk and then renamed over the target; the folder is synced last. After a full
 * disk, an error of the writer, an interruption or a kill, the target is what it was before.
 *
 * <p>A failing write removes its temporary file. A killed process cannot: {@link #removeAbandoned}
 * does it later.
 */
public final class AtomicFile {
  private static final System.Logger LOG = System.getLogger(AtomicFile.class.getName());
  private static final String SUFFIX = ".steelyard-partial";

  private static final AtomicInteger TOGETHER = new AtomicInteger();

  private AtomicFile() {}

  /** Produces a file's content. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes the content.
     *
     * @param channel where to; need not be closed
     * @throws IOException if it cannot be written
     */
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /**
   * Writes a file whole or not at all. A symbolic link stays one: the file it leads to is replaced.
   *
   * @param target the file to create or replace; its folder must exist
   * @param content what to write; what it throws is passed on, {@code IOException}s with the folder
   *     and the reason in the message
   * @throws IOException if the file cannot be written; the target is then as it was before
   */
  public static void write(Path target, Content content) throws IOException {
    if (TOGETHER.get() > 0) {
      Distributed.current().lead(() -> writeHere(target, content));
    } else {
      writeHere(target, content);
    }
  }

  /** Work in which files are written. */
  @FunctionalInterface
  public interface Work<T> {
    /**
     * Does it.
     *
     * @return what comes out
     * @throws IOException if files cannot be read or written
     */
    T run() throws IOException;
  }

  /**
   * Does work that all ranks of a {@link Distributed} run do alike, with the same files on a disk
   * that all of them see: while it goes on, rank 0 alone writes, the others wait for each write
   * until it is done, and fail where it fails.
   *
   * @param <T> what comes out
   * @param work the same in all ranks
   * @return what came out
   * @throws IOException if the work does
   */
  public static <T> T together(Work<T> work) throws IOException {
    TOGETHER.incrementAndGet();
    try {
      return work.run();
    } finally {
      TOGETHER.decrementAndGet();
    }
  }

  private static void writeHere(Path target, Content content) throws IOException {
    Path file = Files.isSymbolicLink(target) ? realFile(target) : target.toAbsolutePath();
    Path name = file.getFileName();
    if (name == null || Files.isDirectory(file)) {
      throw new IOException("cannot write " + target + ": it is a folder");
    }
    Path folder = file.getParent();
    Path partial = folder.resolve("." + name + "." + UUID.randomUUID() + SUFFIX);
    try {
      try (FileChannel channel =
          FileChannel.open(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(new Unclosable(channel));
        channel.force(true);
      }
      Files.move(
          partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      remove(partial, e);
      throw explained(target, folder, e);
    } catch (RuntimeException | Error e) {
      remove(partial, e);
      throw e;
    }
    syncFolder(folder);
  }

  /**
   * Writes a file whole or not at all.
   *
   * @param target the file to create or replace; its folder must exist
   * @param content its bytes
   * @throws IOException if the file cannot be written; the target is then as it was before
   */
  public static void write(Path target, byte[] content) throws IOException {
    write(
        target,
        channel -> {
          ByteBuffer bytes = ByteBuffer.wrap(content);
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  /**
   * Removes what killed processes left: the temporary files of writes that never finished, and
   * event files in which nothing was written yet. Call it only where nobody writes at this moment,
   * such as when a run is resumed.
   *
   * @param folder the folder to clean; folders inside are not visited
   * @return how many files were removed
   * @throws IOException if the folder cannot be read or a file cannot be removed
   */
  public static int removeAbandoned(Path folder) throws IOException {
    int removed = EventFile.removeEmpty(folder);
    try (DirectoryStream<Path> partials = Files.newDirectoryStream(folder, ".*" + SUFFIX)) {
      for (Path partial : partials) {
        Files.delete(partial);
        removed++;
      }
    }
    return removed;
  }

  private static Path realFile(Path link) throws IOException {
    try {
      return link.toRealPath();
    } catch (NoSuchFileException e) {
      throw new IOException(
          "cannot write "
              + link
              + ": it is a link to "
              + Files.readSymbolicLink(link)
              + ", which does not exist",
          e);
    }
  }

  private static void remove(Path partial, Throwable reason) {
    try {
      Files.deleteIfExists(partial);
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
  }

  private static IOException explained(Path target, Path folder, IOException cause) {
    if (cause instanceof InterruptedIOException || cause instanceof ClosedByInterruptException) {
      return cause;
    }
    String reason;
    if (!Files.exists(folder)) {
      reason = "the folder does not exist";
    } else if (!Files.isDirectory(folder) || cause instanceof NotDirectoryException) {
      reason = "this is not a folder";
    } else if (cause instanceof AccessDeniedException) {
      reason = "no permission to write there";
    } else if (cause instanceof FileSystemException system && system.getReason() != null) {
      reason = system.getReason();
    } else {
      reason = cause.getMessage();
    }
    return new IOException(
        "cannot write "
            + target.getFileName()
            + " in folder "
            + folder
            + ": "
            + reason
            + (Files.exists(target) ? "; the file there is unchanged" : ""),
        cause);
  }

  /** Without it, a power failure right after the rename could bring the old file back. */
  private static void syncFolder(Path folder) {
    if (System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows")) {
      return; // Windows cannot open a folder; NTFS journals the rename.
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "written, but the folder "
              + folder
              + " cannot be synced: a power failure now may bring the previous file back",
          e);
    }
  }

  /** Keeps a writer that closes what it writes to from closing the file before it is synced. */
  private record Unclosable(FileChannel channel) implements WritableByteChannel {
    @Override
    public int write(ByteBuffer bytes) throws IOException {
      return channel.write(bytes);
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() {}
  }
}
