#include <hdf5.h>
#include <matio.h>
#include <stdlib.h>
#include <string.h>
static void num(mat_t* m, const char* n, enum matio_classes c, enum matio_types t, void* d, size_t r, size_t k) {
  size_t dims[2] = {r, k};
  matvar_t* v = Mat_VarCreate(n, c, t, 2, dims, d, 0);
  Mat_VarWrite(m, v, MAT_COMPRESSION_ZLIB);
  Mat_VarFree(v);
}
int main() {
  {
    mat_t* m = Mat_CreateVer("imagelabels.mat", "MATLAB 5.0 MAT-file", MAT_FT_MAT5);
    uint8_t l[6] = {77, 77, 1, 102, 5, 1};
    num(m, "labels", MAT_C_UINT8, MAT_T_UINT8, l, 1, 6);
    Mat_Close(m);
  }
  {
    mat_t* m = Mat_CreateVer("setid.mat", "MATLAB 5.0 MAT-file", MAT_FT_MAT5);
    uint16_t a[2] = {6, 1}, b[1] = {2};
    double c[3] = {3, 4, 5};
    num(m, "trnid", MAT_C_UINT16, MAT_T_UINT16, a, 1, 2);
    num(m, "valid", MAT_C_UINT16, MAT_T_UINT16, b, 1, 1);
    num(m, "tstid", MAT_C_DOUBLE, MAT_T_DOUBLE, c, 1, 3);
    Mat_Close(m);
  }
  for (int w = 0; w < 1; w++) {
    mat_t* m = Mat_CreateVer("cars_annos.mat", "MATLAB 5.0 MAT-file", MAT_FT_MAT5);
    const char* f[3] = {"bbox_x1", "class", "fname"};
    size_t dims[2] = {1, 3};
    matvar_t* s = Mat_VarCreateStruct("annotations", 2, dims, f, 3);
    uint8_t cls[3] = {14, 196, 1};
    uint16_t box[3] = {39, 300, 7};
    const char* names[3] = {"00001.jpg", "00002.jpg", "00003.jpg"};
    for (size_t i = 0; i < 3; i++) {
      size_t one[2] = {1, 1};
      Mat_VarSetStructFieldByName(s, "bbox_x1", i, Mat_VarCreate(NULL, MAT_C_UINT16, MAT_T_UINT16, 2, one, &box[i], 0));
      Mat_VarSetStructFieldByName(s, "class", i, Mat_VarCreate(NULL, MAT_C_UINT8, MAT_T_UINT8, 2, one, &cls[i], 0));
      size_t len[2] = {1, strlen(names[i])};
      Mat_VarSetStructFieldByName(s, "fname", i,
                                  Mat_VarCreate(NULL, MAT_C_CHAR, MAT_T_UINT8, 2, len, (void*)names[i], 0));
    }
    Mat_VarWrite(m, s, MAT_COMPRESSION_NONE);
    Mat_VarFree(s);
    Mat_Close(m);
  }
  {
    mat_t* m = Mat_CreateVer("svhn_32x32.mat", "MATLAB 5.0 MAT-file", MAT_FT_MAT5);
    uint8_t* x = malloc(32 * 32 * 3 * 2);
    for (int n = 0; n < 2; n++)
      for (int c = 0; c < 3; c++)
        for (int i = 0; i < 32; i++)
          for (int j = 0; j < 32; j++)
            x[((n * 3 + c) * 32 + i) * 32 + j] = 100 * n + 50 * c + j % 3 * 10 + i % 4; /* column i, row j */
    size_t dims[4] = {32, 32, 3, 2};
    matvar_t* v = Mat_VarCreate("X", MAT_C_UINT8, MAT_T_UINT8, 4, dims, x, 0);
    Mat_VarWrite(m, v, MAT_COMPRESSION_ZLIB);
    Mat_VarFree(v);
    uint8_t y[2] = {10, 3};
    num(m, "y", MAT_C_UINT8, MAT_T_UINT8, y, 2, 1);
    Mat_Close(m);
  }
  {
    uint8_t x[3 * 4 * 5 * 3];
    for (int i = 0; i < 180; i++) x[i] = i;
    hsize_t d[4] = {3, 4, 5, 3};
    hsize_t ch[4] = {1, 4, 5, 3};
    hid_t f = H5Fcreate("pcam_x.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t s = H5Screate_simple(4, d, NULL);
    hid_t p = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(p, 4, ch);
    H5Pset_deflate(p, 6);
    hid_t v = H5Dcreate2(f, "x", H5T_STD_U8LE, s, H5P_DEFAULT, p, H5P_DEFAULT);
    H5Dwrite(v, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, x);
    H5Dclose(v);
    H5Fclose(f);
  }
  {
    uint8_t y[3] = {1, 0, 1};
    hsize_t d[4] = {3, 1, 1, 1};
    hid_t f = H5Fcreate("pcam_y.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t s = H5Screate_simple(4, d, NULL);
    hid_t v = H5Dcreate2(f, "y", H5T_STD_U8LE, s, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(v, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, y);
    H5Dclose(v);
    hid_t w = H5Dcreate2(f, "numbers", H5T_NATIVE_INT, s, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(w);
    H5Fclose(f);
  }
  { /* what must be refused: bytes and a data set in another file */
    hsize_t d[4] = {3, 4, 5, 3};
    hid_t f = H5Fcreate("pcam_outside.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t s = H5Screate_simple(4, d, NULL);
    hid_t p = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(p, "pcam_y.h5", 0, 180);
    hid_t v = H5Dcreate2(f, "x", H5T_STD_U8LE, s, H5P_DEFAULT, p, H5P_DEFAULT);
    H5Dclose(v);
    H5Lcreate_external("pcam_y.h5", "y", f, "y", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(f);
  }
  return 0;
}
