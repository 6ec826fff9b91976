// The outline keyed where person and room differ in colour: refine/keying.py, whose constants the capitals are.
#include "sample.cuh"

// Cells of two by two pixels: their mean colour, and in w whether they are person (1) or room (2), plus 4 where the
// outline is. Odd last pixels count twice.
extern "C" __global__ void group_cells(const uchar4 *guide, const float *alpha, int width, int height, uchar4 *cells,
                                       int w, int h) {
  PIXEL(w, h);
  int at[2] = {2 * x, min(2 * x + 1, width - 1)}, b = 0, g = 0, r = 0;
  float least = 1, most = 0;
  for (int j = 0; j < 2; ++j)
    for (int i = 0; i < 2; ++i) {
      int k = min(2 * y + j, height - 1) * width + at[i];
      b += guide[k].x, g += guide[k].y, r += guide[k].z;
      least = fminf(least, alpha[k]), most = fmaxf(most, alpha[k]);
    }
  int group = least >= CLEAR ? 1 : most <= 1 - CLEAR ? 2 : 0, outline = least < 1 && most > 0 ? 4 : 0;
  cells[y * w + x] = make_uchar4((b + 2) / 4, (g + 2) / 4, (r + 2) / 4, group + outline);
}

// Of each cell near the outline, Fisher's discriminant of the person and the room in its window: its lines times their
// share, and that share. Sums are whole numbers; small differences of large products are taken in double precision.
extern "C" __global__ void key_cells(const uchar4 *cells, float4 *keys, float *shares, int w, int h) {
  PIXEL(w, h);
  int at = y * w + x, near = 0;
  keys[at] = make_float4(0.f, 0.f, 0.f, 0.f), shares[at] = 0;
  for (int j = max(y - 1, 0); j <= min(y + 1, h - 1); ++j)
    for (int i = max(x - 1, 0); i <= min(x + 1, w - 1); ++i) near |= cells[j * w + i].w & 4;
  if (!near) return;
  // Person, room, person's blue, green and red, room's, of both the products of colours, two by two, and of the room the
  // squares of all three.
  int s[15] = {0};
  for (int j = max(y - WINDOW, 0); j <= min(y + WINDOW, h - 1); ++j)
    for (int i = max(x - WINDOW, 0); i <= min(x + WINDOW, w - 1); ++i) {
      uchar4 c = cells[j * w + i];
      int b = c.x, g = c.y, r = c.z, person = c.w & 1, room = c.w >> 1 & 1;
      if (!(person | room)) continue;
      s[0] += person, s[1] += room;
      s[2] += person * b, s[3] += person * g, s[4] += person * r, s[5] += room * b, s[6] += room * g, s[7] += room * r;
      s[8] += b * b, s[9] += b * g, s[10] += b * r, s[11] += g * g, s[12] += g * r, s[13] += r * r;
      s[14] += room * (b * b + g * g + r * r);
    }
  if (min(s[0], s[1]) < FEWEST) return;
  double n = s[0], m = s[1], scale = 2 / (n + m);
  double pb = s[2] / n, pg = s[3] / n, pr = s[4] / n, qb = s[5] / m, qg = s[6] / m, qr = s[7] / m;
  double bb = (s[8] - n * pb * pb - m * qb * qb) * scale + NOISE, bg = (s[9] - n * pb * pg - m * qb * qg) * scale;
  double br = (s[10] - n * pb * pr - m * qb * qr) * scale, gg = (s[11] - n * pg * pg - m * qg * qg) * scale + NOISE;
  double gr = (s[12] - n * pg * pr - m * qg * qr) * scale, rr = (s[13] - n * pr * pr - m * qr * qr) * scale + NOISE;
  // The symmetric 3x3 system is solved by its adjugate.
  double ibb = gg * rr - gr * gr, ibg = br * gr - bg * rr, ibr = bg * gr - gg * br;
  double igg = bb * rr - br * br, igr = bg * br - bb * gr, irr = bb * gg - bg * bg;
  double det = bb * ibb + bg * ibg + br * ibr, db = pb - qb, dg = pg - qg, dr = pr - qr;
  double vb = ibb * db + ibg * dg + ibr * dr, vg = ibg * db + igg * dg + igr * dr, vr = ibr * db + igr * dg + irr * dr;
  double distance = (vb * db + vg * dg + vr * dr) / det;
  if (distance <= ALIKE * ALIKE / 4) return;
  vb /= det * distance, vg /= det * distance, vr /= det * distance;
  uchar4 own = cells[at];
  double ob = own.x - qb, og = own.y - qg, orr = own.z - qr, place = vb * ob + vg * og + vr * orr;
  double spread = s[14] / m - qb * qb - qg * qg - qr * qr + 3 * NOISE;
  double wall = (sqrt((db * db + dg * dg + dr * dr) / spread) - UNEVEN) / (EVEN - UNEVEN);
  wall = fmin(fmax(wall, 0.), 1.) * fmin(fmax((SHINY - place) / (SHINY - BARE), 0.), 1.);
  double alike = ALIKE * (1 - wall / 2), apart = APART * (1 - wall / 2);
  double alpha = fmin(fmax(place, 0.), 1.), all = ob * (ibb * ob + ibg * og + ibr * orr);
  all += og * (ibg * ob + igg * og + igr * orr) + orr * (ibr * ob + igr * og + irr * orr);
  double beside = sqrt(fmax(all / (det * distance) + alpha * (alpha - 2 * place), 0.));
  double share = fmin(fmax((sqrt(distance) - alike) / (apart - alike), 0.), 1.) * fmin((FAR - beside) / (FAR - NEAR), 1.);
  if (!(share > 0)) return;
  double part = share / (1 - 2 * VAGUE);
  keys[at] = make_float4(vb * part, vg * part, vr * part, -(vb * qb + vg * qg + vr * qr + VAGUE) * part);
  shares[at] = share;
}

// Brings cells' keys, interpolated, into the lines, four planes, and to the alphas they give.
extern "C" __global__ void mix_keys(const uchar4 *guide, const float4 *keys, const float *shares, float *lines,
                                    float *alpha, int w, int h) {
  PIXEL(w, h);
  int columns = (w + 1) / 2, rows = (h + 1) / 2, at = y * w + x, n = w * h;
  int here = x / 2, there = limit(here + (x % 2 ? 1 : -1), columns - 1);
  int a = y / 2 * columns, b = limit(y / 2 + (y % 2 ? 1 : -1), rows - 1) * columns;
  float share = .75f * (.75f * shares[a + here] + .25f * shares[b + here]) +
                .25f * (.75f * shares[a + there] + .25f * shares[b + there]);
  if (share <= 0) return;
  float4 k = mix(mix(keys[a + here], keys[b + here], .25f), mix(keys[a + there], keys[b + there], .25f), .25f);
  float4 old = make_float4(lines[at], lines[n + at], lines[2 * n + at], lines[3 * n + at]);
  float4 l = sum(scaled(old, 1 - share), k);
  uchar4 c = guide[at];
  lines[at] = l.x, lines[n + at] = l.y, lines[2 * n + at] = l.z, lines[3 * n + at] = l.w;
  alpha[at] = unit(l.x * c.x + l.y * c.y + l.z * c.z + l.w);
}
