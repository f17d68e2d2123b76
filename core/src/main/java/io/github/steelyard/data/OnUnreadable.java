package io.github.steelyard.data;

/** What to do about files that cannot be read as pictures. */
public enum OnUnreadable {
  /** Refuse the data and name the files. */
  FAIL,
  /** Leave them out; the report counts and names them. */
  SKIP
}
