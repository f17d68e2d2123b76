package io.github.steelyard.train;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps other processes, and other runs of this one, out of a folder until it is closed. */
final class FolderLock implements AutoCloseable {
  private static final String FILE = ".lock";

  /**
   * The folders that this process holds. POSIX gives a lock to the whole process and takes it away
   * when the process closes any channel to the file, so that a refused second attempt within the
   * process would open the folder to other processes.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final FileChannel channel;

  private FolderLock(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /** Takes the lock of a folder that exists. */
  static FolderLock take(Path folder) throws IOException {
    Path real = folder.toRealPath();
    if (!HELD.add(real)) {
      throw inUse(folder, null);
    }
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(real.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (channel.tryLock() == null) {
        throw inUse(folder, null);
      }
      return new FolderLock(real, channel);
    } catch (IOException e) {
      release(real, channel);
      throw e;
    } catch (OverlappingFileLockException e) {
      // Another copy of this class, in another class loader, holds it.
      release(real, channel);
      throw inUse(folder, e);
    }
  }

  private static void release(Path real, FileChannel channel) throws IOException {
    try {
      if (channel != null) {
        channel.close();
      }
    } finally {
      HELD.remove(real);
    }
  }

  private static IOException inUse(Path folder, Exception cause) {
    return new IOException("the run folder " + folder + " is in use by another run", cause);
  }

  /** Gives the folder free; closing again does nothing. */
  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      release(folder, channel);
    }
  }
}
