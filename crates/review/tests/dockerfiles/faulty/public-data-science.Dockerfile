FROM continuumio/miniconda3
RUN apt-get update && apt-get -y install build-essential vim htop && apt-get clean
RUN pip install numpy pandas scikit-learn jupyter
RUN mkdir /opt/notebooks
VOLUME /opt/notebooks
EXPOSE 8888
CMD jupyter notebook --ip=0.0.0.0 --no-browser --allow-root
