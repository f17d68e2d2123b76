"""Makes the pictures of every format that core's data tests compare against.

    python bench/peers/picture_formats.py core/src/test/resources/io/github/steelyard/data

Written with Pillow 13.0, safetensors. Writes
  pictures/*            one small file for each format, and each of EXIF's orientations
  pictures.safetensors  what Pillow's ImageOps.exif_transpose and convert("RGB") make of them,
                        uint8 [3, height, width]
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file

out = Path(sys.argv[1])
folder = out / "pictures"
folder.mkdir(parents=True, exist_ok=True)

y, x = np.mgrid[0:20, 0:29] / 29
planes = [110 + 70 * np.sin(4 * x + k) + 40 * np.cos(5 * y - k) for k in range(3)]
planes[0][6:11, 8:] += 60
photo = Image.fromarray(np.clip(np.stack(planes, -1), 12, 240).astype(np.uint8))
rgba = photo.copy()
rgba.putalpha(Image.fromarray((255 * x).astype(np.uint8)))
palette = photo.convert("P", palette=Image.ADAPTIVE, colors=40)


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


for orientation in range(1, 9):
    photo.save(folder / f"exif-{orientation}.png", exif=exif(orientation))
photo.save(folder / "exif-6.jpg", quality=95, subsampling=0, exif=exif(6))
photo.save(folder / "exif-8.webp", lossless=True, exif=exif(8))
photo.save(folder / "exif-3.tif", tiffinfo={0x0112: 3})
photo.save(folder / "lossy.webp", quality=90)
photo.save(folder / "lossless.webp", lossless=True)
rgba.save(folder / "alpha.webp", lossless=True, exact=True)
photo.save(folder / "rgb.bmp")
palette.save(folder / "palette.bmp")
photo.convert("L").save(folder / "grey.bmp")
photo.convert("1").save(folder / "black-white.bmp")
rgba.save(folder / "alpha.bmp")
photo.save(folder / "plain.tif")
photo.save(folder / "lzw.tif", compression="tiff_lzw")
photo.save(folder / "deflate.tif", compression="tiff_adobe_deflate")
photo.convert("L").save(folder / "grey.tif")
photo.convert("1").save(folder / "fax.tif", compression="group4")
palette.save(folder / "palette.tif")
photo.convert("CMYK").save(folder / "cmyk.tif")
rgba.save(folder / "alpha.tif")
palette.save(folder / "palette.gif")
palette.save(folder / "animated.gif", save_all=True, append_images=[palette.rotate(180)])
palette.save(folder / "transparent.gif", transparency=3)

expected = {}
for file in sorted(folder.iterdir()):
    image = ImageOps.exif_transpose(Image.open(file)).convert("RGB")
    expected[file.name] = np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))
save_file(expected, out / "pictures.safetensors")
