"""GPUs are known as tools print them; another board, card or slice is not taken for them."""

import pytest

from planner.catalog.load import load_catalog
from planner.catalog.names.gpus import gpu_named

CATALOG = load_catalog()


@pytest.mark.parametrize("gpu_id", list(CATALOG.gpus))
def test_every_gpu_is_found_by_its_id_and_its_shown_name(gpu_id: str) -> None:
    for name in (gpu_id, CATALOG.gpus[gpu_id].name, gpu_id.upper()):
        found = gpu_named(CATALOG, name)
        assert found is not None, name
        assert found.id == gpu_id, name


@pytest.mark.parametrize(
    ("printed", "gpu"),
    [
        ("NVIDIA H100 80GB HBM3", "h100-sxm"),
        ("NVIDIA H100 PCIe", "h100-pcie"),
        ("NVIDIA H100 NVL", "h100-nvl"),
        ("NVIDIA-H100-80GB-HBM3", "h100-sxm"),
        ("NVIDIA A100-SXM4-80GB", "a100-80-sxm"),
        ("A100-SXM4-40GB", "a100-40-sxm"),
        ("NVIDIA A100 80GB PCIe", "a100-80-pcie"),
        ("GPU 3: NVIDIA A100-SXM4-80GB (UUID: GPU-0f)", "a100-80-sxm"),
        ("_CudaDeviceProperties(name='NVIDIA H200', major=9, minor=0, total_memory=143771MB)", "h200-sxm"),
        ("NVIDIA B300 SXM6 AC", "b300-sxm"),
        ("NVIDIA GH200 480GB", "gh200"),
        ("NVIDIA L40S", "l40s"),
        ("Tesla T4", "t4"),
        ("nvidia-tesla-t4", "t4"),
        ("Tesla V100-SXM2-16GB", "v100-16"),
        ("NVIDIA RTX 6000 Ada Generation", "rtx-6000-ada"),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "rtx-pro-6000"),
        ("GeForce RTX 3090", "rtx-3090"),
        ("NVIDIA GB10", "dgx-spark"),
        ("AMD Instinct MI300X OAM", "mi300x"),
        ("AMD Radeon RX 7900 XTX", "rx-7900-xtx"),
    ],
)
def test_a_printed_name_leads_to_the_gpu(printed: str, gpu: str) -> None:
    found = gpu_named(CATALOG, printed)
    assert found is not None
    assert found.id == gpu


@pytest.mark.parametrize(
    "printed",
    [
        "NVIDIA A100-PCIE-40GB",
        "A100",
        "A100 80GB",
        "NVIDIA A100-SXM4-80GB MIG 1g.10gb",
        "NVIDIA H200 NVL",
        "NVIDIA H20",
        "Tesla V100-SXM2-32GB",
        "NVIDIA GeForce RTX 4090 Laptop GPU",
        "NVIDIA GeForce RTX 4090 D",
        "NVIDIA GeForce RTX 3080 Ti",
        "NVIDIA GeForce RTX 4070 Ti SUPER",
        "Quadro RTX 6000",
        "AMD Instinct MI250X",
        "NVIDIA",
        "",
    ],
)
def test_another_board_or_an_open_question_is_no_gpu(printed: str) -> None:
    assert gpu_named(CATALOG, printed) is None
