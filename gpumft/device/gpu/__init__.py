"""What CUDA and OpenCL share: from a Program to launches of portable kernels, and running them."""
