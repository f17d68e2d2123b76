package io.github.steelyard.data;

/** How closely files are looked at before the first one is used. */
public enum PictureCheck {
  /** {@link #WHOLE} for up to 1 GiB of files, {@link #KIND} for more. */
  AUTO,
  /** Every picture is decoded once, which takes as long as reading one epoch; finds duplicates. */
  WHOLE,
  /** Only how each file begins; a damaged picture is then found when it is used. */
  KIND
}
