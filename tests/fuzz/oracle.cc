// SPDX-License-Identifier: MIT
//
// Runs packed cases (pack.h) on TensorFlow Lite's reference kernels: cases from standard
// input, results to standard output. Built and run in the tree of ../shared/oracle.
#include <tensorflow/lite/interpreter.h>
#include <tensorflow/lite/interpreter_builder.h>
#include <tensorflow/lite/kernels/register_ref.h>
#include <tensorflow/lite/model.h>

#include <cstdarg>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pack.h"

namespace tflite::ops::builtin {
// Of builtin_op_kernels.h, which Debian's package has without a file that it includes
TfLiteRegistration* Register_ELU();
}  // namespace tflite::ops::builtin

namespace {

// Keeps the first message: it says why, the later ones only where.
class Reporter : public tflite::ErrorReporter {
 public:
  int Report(const char* format, va_list args) override {
    char line[512];
    vsnprintf(line, sizeof line, format, args);
    if (text.empty()) text = line;
    return 0;
  }
  std::string text;
};

// The reference kernels, and the one of ELU, which has no other. None works in place: in a
// tensor that RESHAPE shares with another, TensorFlow Lite overwrites what is still to be read.
class Operators : public tflite::ops::builtin::BuiltinRefOpResolver {
 public:
  Operators() {
    AddBuiltin(tflite::BuiltinOperator_ELU, tflite::ops::builtin::Register_ELU());
  }

  const TfLiteRegistration* FindOp(tflite::BuiltinOperator op, int version) const override {
    const TfLiteRegistration* found = BuiltinRefOpResolver::FindOp(op, version);
    if (!found) return nullptr;
    TfLiteRegistration& copy = copies_[{op, version}];
    copy = *found;
    copy.inplace_operator = kTfLiteInplaceOpNone;
    return &copy;
  }

 private:
  mutable std::map<std::pair<int, int>, TfLiteRegistration> copies_;
};

pack_status run(const pack_case& c, Reporter* reporter, std::vector<char>* out) {
  auto model = tflite::FlatBufferModel::BuildFromBuffer(
      reinterpret_cast<const char*>(c.model.data), c.model.size, reporter);
  if (!model) return PACK_REFUSED;
  static const Operators ops;
  std::unique_ptr<tflite::Interpreter> it;
  if (tflite::InterpreterBuilder(*model, ops)(&it, 1) != kTfLiteOk ||
      it->AllocateTensors() != kTfLiteOk)
    return PACK_REFUSED;
  size_t at = 0;
  for (size_t i = 0; i < it->inputs().size(); i++) {
    const TfLiteTensor* t = it->input_tensor(i);
    if (t->bytes > c.input.size - at) {
      reporter->text = "the case has too few input bytes";
      return PACK_FAILED;
    }
    memcpy(t->data.raw, c.input.data + at, t->bytes);
    at += t->bytes;
  }
  if (it->Invoke() != kTfLiteOk) return PACK_REFUSED;
  for (size_t i = 0; i < it->outputs().size(); i++) {
    const TfLiteTensor* t = it->output_tensor(i);
    out->insert(out->end(), t->data.raw, t->data.raw + t->bytes);
  }
  return PACK_DONE;
}

}  // namespace

int main() {
  pack_case c;
  while (pack_read(pack_read_stdio, stdin, &c)) {
    Reporter reporter;
    std::vector<char> out;
    pack_status status = run(c, &reporter, &out);
    if (status != PACK_DONE) out.assign(reporter.text.begin(), reporter.text.end());
    if (!pack_write_result(status, out.data(), out.size())) return 1;
    pack_free(&c);
  }
}
