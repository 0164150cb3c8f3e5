"""Edits of ONNX graphs that tf2onnx's own output does not always allow."""

import onnx
from onnx import TensorProto, helper

from edgedigits_export.formats.onnx_graph import Graph


def model(nodes):
    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(helper.make_graph(nodes, "main", [image], [result]), opset_imports=opset)


def test_nodes_are_put_behind_what_they_take_and_sorted_ones_stay():
    first, second = helper.make_node("Relu", ["x"], ["a"]), helper.make_node("Neg", ["a"], ["y"])
    for nodes in ([first, second], [second, first]):
        graph = Graph(model(nodes))
        graph.sort()
        assert [node.op_type for node in graph.proto.node] == ["Relu", "Neg"]
        onnx.checker.check_model(graph.model)


def test_what_the_body_of_a_branch_takes_comes_before_it():
    inner = helper.make_graph(
        [helper.make_node("Neg", ["a"], ["b"])],
        "body",
        [],
        [helper.make_tensor_value_info("b", TensorProto.FLOAT, None)],
    )
    branch = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    maker = helper.make_node("Relu", ["x"], ["a"])
    condition = helper.make_node("Constant", [], ["c"], value=helper.make_tensor("c", TensorProto.BOOL, [], [True]))
    graph = Graph(model([branch, condition, maker]))
    graph.sort()
    assert graph.proto.node[-1].op_type == "If"
